import { v7 } from 'uuid';
import { Failure } from '../../failures.ts';
import type { Clock } from '../../images/clock.ts';
import type { EventType } from '../../images/events.ts';
import type { Fence } from '../fence/fence.ts';
import { type DeliverDeps, deliverOnce } from './deliver.ts';
import { makeSecret, rotated } from './signature.ts';
import { type Delivery, type DisabledBecause, deliveryIdOf, type Webhook } from './webhook.ts';
import type { DeliveryPage, WebhookKey, WebhookStore } from './webhook-store.ts';

/** What is said of a webhook by whoever makes or changes one. */
export interface WebhookWishes {
  readonly url: string;
  readonly eventTypes: readonly EventType[];
  readonly isActive: boolean;
  readonly description: string;
}

/** What can be done with webhooks, each of a tenant. */
export interface Webhooks {
  /** With its first secret. @throws Failure `invalid_request` for a URL that is not allowed, `too_many_webhooks` */
  make(tenantId: string, wishes: WebhookWishes): Promise<{ webhook: Webhook; secret: string }>;
  list(tenantId: string): Promise<Webhook[]>;
  /** @throws Failure `webhook_not_found` */
  read(of: WebhookKey): Promise<Webhook>;
  /** @throws Failure `webhook_not_found`, `invalid_request` for a URL that is not allowed */
  change(of: WebhookKey, wishes: Partial<WebhookWishes>): Promise<Webhook>;
  /** @throws Failure `webhook_not_found` */
  remove(of: WebhookKey): Promise<void>;
  /** A new secret; the one before signs too for `overlapMs`. @throws Failure `webhook_not_found` */
  rotate(of: WebhookKey, overlapMs: number): Promise<{ webhook: Webhook; secret: string }>;
  /** Newest first. @throws Failure `webhook_not_found`, `invalid_request` for a cursor that no page has named */
  deliveries(of: WebhookKey, page: { limit: number; cursor?: string }): Promise<DeliveryPage>;
  /** Sends it again. @throws Failure `delivery_not_found` */
  replay(of: WebhookKey, deliveryId: string): Promise<void>;
  /** Sends something made up, once and now, also where it is not active. @throws Failure `webhook_not_found` */
  tryOut(of: WebhookKey): Promise<Delivery>;
}

export interface WebhooksDeps extends DeliverDeps {
  readonly store: WebhookStore;
  readonly clock: Clock;
  readonly fence: Fence;
  /** Called when something became due. */
  readonly wake: () => void;
}

export const MOST_WEBHOOKS = 50;
/** How often a change is tried while others change the same. */
const MOST_TRIES = 10;

export function createWebhooks(deps: WebhooksDeps): Webhooks {
  const { store, clock, fence, wake } = deps;

  async function read({ tenantId, webhookId }: WebhookKey): Promise<Webhook> {
    const found = await store.find(tenantId, webhookId);
    if (found) return found;
    throw new Failure(
      'webhook_not_found',
      `There is no webhook ${webhookId}. List them to see which there are.`,
    );
  }

  async function change(of: WebhookKey, to: (webhook: Webhook) => Webhook): Promise<Webhook> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const before = await read(of);
      const after = { ...to(before), version: before.version + 1 };
      if (await store.replace(after)) return after;
    }
    throw new Failure('stale_write', 'This webhook is being changed by others all the time. Try again.');
  }

  return {
    async make(tenantId, wishes) {
      fence.assertAllowed(wishes.url);
      if ((await store.list(tenantId)).length >= MOST_WEBHOOKS) throw tooMany();
      const [secret, createdAt] = [makeSecret(), clock.now()];
      const webhookId = `wh_${v7({ msecs: createdAt })}`;
      const webhook: Webhook = {
        ...wishes,
        webhookId,
        tenantId,
        secrets: [{ secret }],
        createdAt,
        version: 1,
      };
      await store.create(webhook);
      return { webhook, secret };
    },

    list: (tenantId) => store.list(tenantId),
    read,

    async change(of, wishes) {
      if (wishes.url !== undefined) fence.assertAllowed(wishes.url);
      const changed = await change(of, (webhook) => withWishes(webhook, wishes));
      wake();
      return changed;
    },

    async remove(of) {
      if (!(await store.remove(of.tenantId, of.webhookId))) await read(of);
    },

    async rotate(of, overlapMs) {
      const secret = makeSecret();
      const webhook = await change(of, (before) => {
        const secrets = rotated(before.secrets, { secret, now: clock.now(), overlapMs });
        return { ...before, secrets };
      });
      return { webhook, secret };
    },

    async deliveries(of, page) {
      await read(of);
      return store.deliveries(of, page);
    },

    async replay(of, deliveryId) {
      await read(of);
      if (!(await store.replay({ ...of, deliveryId }, clock.now()))) throw noDelivery(deliveryId);
      wake();
    },

    async tryOut(of) {
      const webhook = await read(of);
      const delivery = trialOf(webhook, clock.now());
      await store.add([delivery]);
      const attempt = await deliverOnce(deps, { webhook, delivery, isTrial: true });
      return (await store.findDelivery(delivery)) ?? { ...delivery, attempts: [attempt] };
    },
  };
}

/** Makes a webhook inactive for a reason of ours, and tells those who look after it. */
export function disableWebhook({
  store,
  tell,
}: {
  store: Pick<WebhookStore, 'replace' | 'find'>;
  /** called once for each time */
  tell: (webhook: Webhook, because: DisabledBecause) => Promise<void>;
}): DeliverDeps['disable'] {
  return async ({ tenantId, webhookId }, because) => {
    const webhook = await store.find(tenantId, webhookId);
    if (!webhook?.isActive) return;
    const { version, ...rest } = webhook;
    const disabled = { ...rest, isActive: false, disabledBecause: because, version: version + 1 };
    if (await store.replace(disabled)) await tell(disabled, because);
  };
}

/** Made active again, it begins anew: what it did before is forgotten. */
function withWishes(webhook: Webhook, wishes: Partial<WebhookWishes>): Webhook {
  if (wishes.isActive === undefined && wishes.url === undefined) return { ...webhook, ...wishes };
  const { failingSince: _since, ...rest } = webhook;
  if (!(wishes.isActive ?? webhook.isActive)) return { ...rest, ...wishes };
  const { disabledBecause: _why, ...well } = rest;
  return { ...well, ...wishes };
}

/** It is leased from the start: nobody else sends it. */
function trialOf({ webhookId, tenantId }: Webhook, now: number): Delivery {
  const message = { type: 'webhook.test', id: v7({ msecs: now }), tenantId, at: now } as const;
  return {
    deliveryId: deliveryIdOf(message),
    ...{ webhookId, tenantId, message, state: 'failed', tries: 0, attempts: [], createdAt: now },
  };
}

function tooMany(): Failure {
  return new Failure(
    'too_many_webhooks',
    `A tenant has at most ${MOST_WEBHOOKS} webhooks. Remove one first.`,
  );
}

function noDelivery(deliveryId: string): Failure {
  return new Failure(
    'delivery_not_found',
    `There is no delivery ${deliveryId} to this webhook. They are kept for 30 days; list them to see which there are.`,
  );
}
