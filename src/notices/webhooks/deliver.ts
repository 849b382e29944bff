import { performance } from 'node:perf_hooks';
import type { Clock } from '../../images/clock.ts';
import type { Fence } from '../fence/fence.ts';
import { postFenced } from '../fence/post.ts';
import { attemptOf, isGone, isTaken, outcomeOf } from './attempts.ts';
import { messageBody } from './message-body.ts';
import { signatureHeaders } from './signature.ts';
import type { Attempt, Delivery, DisabledBecause, Webhook } from './webhook.ts';
import type { Outcome, WebhookStore } from './webhook-store.ts';

export interface DeliverDeps {
  readonly store: Pick<WebhookStore, 'settle' | 'noteHealth'>;
  readonly fence: Fence;
  readonly clock: Clock;
  /** what links begin with */
  readonly publicUrl: () => string;
  /** of this build, for User-Agent */
  readonly version: string;
  /** called for a webhook that is to be told nothing more */
  readonly disable: (webhook: Webhook, because: DisabledBecause) => Promise<void>;
  /** milliseconds for one attempt */
  readonly timeoutMs?: number;
  /** from 0 to 1 */
  readonly random?: () => number;
}

/** milliseconds of nothing but failures after which a webhook is no longer told anything */
export const FAILING_MS = 5 * 24 * 3_600_000;

/** One attempt, and what follows from it. @param isTrial whether somebody looks on: then there is no other attempt */
export async function deliverOnce(
  deps: DeliverDeps,
  { webhook, delivery, isTrial = false }: { webhook: Webhook; delivery: Delivery; isTrial?: boolean },
): Promise<Attempt> {
  const { store, fence, clock, timeoutMs, random = Math.random } = deps;
  const at = clock.now();
  const body = messageBody(delivery.message, deps.publicUrl());
  const headers = {
    'content-type': 'application/json',
    'user-agent': `Darkroom/${deps.version}`,
    ...signatureHeaders({ id: delivery.deliveryId, at, body }, webhook.secrets),
  };
  const began = performance.now();
  const posted = await postFenced({
    ...{ fence, url: webhook.url, headers, body },
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  const attempt = attemptOf(posted, at, performance.now() - began);
  const after = outcomeOf(posted, delivery.tries + 1, clock.now(), random());
  const outcome: Outcome = isTrial && after.state === 'pending' ? { state: 'failed' } : after;
  await store.settle(delivery, attempt, outcome);
  if (isGone(posted)) await deps.disable(webhook, 'gone');
  else if (!isTrial || isTaken(posted)) await noteHealth(deps, webhook, isTaken(posted));
  return attempt;
}

async function noteHealth(
  { store, clock, disable }: DeliverDeps,
  webhook: Webhook,
  isWell: boolean,
): Promise<void> {
  const { tenantId, webhookId, failingSince } = webhook;
  if (isWell) {
    if (failingSince !== undefined) await store.noteHealth(tenantId, webhookId, undefined);
  } else if (failingSince === undefined) await store.noteHealth(tenantId, webhookId, clock.now());
  else if (clock.now() - failingSince >= FAILING_MS) await disable(webhook, 'failing');
}
