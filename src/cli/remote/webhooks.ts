import { z } from 'zod';
import type { Remote } from './remote.ts';
import { retrying } from './retry.ts';

const Webhook = z.looseObject({
  id: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  active: z.boolean(),
  failing_since: z.string().nullable(),
  disabled_because: z.string().nullable(),
});
export type Webhook = z.infer<typeof Webhook>;
const WebhookList = z.object({ webhooks: z.array(Webhook) });
const MadeWebhook = Webhook.extend({ secret: z.string() });

const Attempt = z.looseObject({
  at: z.string(),
  duration_ms: z.number(),
  status: z.number().nullable(),
  error: z.string().nullable(),
});
export const Delivery = z.looseObject({
  id: z.string(),
  event: z.string(),
  image_id: z.string().nullable(),
  state: z.string(),
  created_at: z.string(),
  next_attempt_at: z.string().nullable(),
  attempts: z.array(Attempt),
});
export type Delivery = z.infer<typeof Delivery>;
const DeliveryPage = z.object({ deliveries: z.array(Delivery), next_cursor: z.string().nullable() });

export interface WebhookOrder {
  readonly url: string;
  readonly events?: readonly string[];
  readonly description?: string;
}

const PATH = '/v1/webhooks';
const pathOf = (id: string, rest = '') => `${PATH}/${encodeURIComponent(id)}${rest}`;
const MOST_IN_A_PAGE = 200;

export async function listWebhooks(remote: Remote): Promise<Webhook[]> {
  return (await retrying(() => remote.json(WebhookList, 'GET', PATH), remote)).webhooks;
}

export async function makeWebhook(remote: Remote, order: WebhookOrder) {
  return remote.send(MadeWebhook, 'POST', PATH, order);
}

/** @throws RemoteProblem `webhook_not_found` */
export async function removeWebhook(remote: Remote, id: string): Promise<void> {
  await remote.request('DELETE', pathOf(id));
}

/** The newest, at most so many. @throws RemoteProblem `webhook_not_found` */
export async function newestDeliveries(remote: Remote, id: string, most: number): Promise<Delivery[]> {
  const found: Delivery[] = [];
  let cursor: string | undefined;
  do {
    const limit = String(Math.min(MOST_IN_A_PAGE, most - found.length));
    const query = [['limit', limit] as const, ...(cursor === undefined ? [] : [['cursor', cursor] as const])];
    const page = await retrying(
      () => remote.json(DeliveryPage, 'GET', pathOf(id, '/deliveries'), { query }),
      remote,
    );
    found.push(...page.deliveries);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && found.length < most);
  return found;
}

/** @throws RemoteProblem `webhook_not_found`, `delivery_not_found` */
export async function replayDelivery(remote: Remote, id: string, deliveryId: string): Promise<void> {
  await remote.request('POST', pathOf(id, `/deliveries/${encodeURIComponent(deliveryId)}/replay`));
}

/** @throws RemoteProblem `webhook_not_found` */
export async function tryWebhook(remote: Remote, id: string): Promise<Delivery> {
  return remote.json(Delivery, 'POST', pathOf(id, '/test'));
}
