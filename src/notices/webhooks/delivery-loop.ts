import type { Logger } from 'pino';
import { createAlarm, sleep } from '../alarm.ts';
import { POST_TIMEOUT_MS } from '../fence/post.ts';
import { type DeliverDeps, deliverOnce } from './deliver.ts';
import type { Delivery, Webhook } from './webhook.ts';
import type { WebhookStore } from './webhook-store.ts';

export interface DeliveryLoopDeps extends DeliverDeps {
  readonly store: WebhookStore;
  readonly log: Pick<Logger, 'error' | 'info' | 'debug'>;
  /** milliseconds; how long something that is due waits at most where nobody calls `wake` */
  readonly pollMs?: number;
}

export interface DeliveryLoop {
  /** Something may be due. */
  wake(): void;
  /** Ends after the attempts under way; what is due goes out after the next start. */
  stop(): Promise<void>;
}

/** attempts at a time; of this process */
const AT_ONCE = 40;
/** to one webhook; to one that fails, a single one */
const AT_ONCE_EACH = 5;
/** As long as an attempt takes, and some: who died in the middle of one has it taken over. */
const LEASE_MS = 2 * POST_TIMEOUT_MS + 10_000;
const KEEP_MS = 30 * 24 * 3_600_000;
const FORGET_EVERY_MS = 3_600_000;
const BACK_OFF_MS = 5_000;

/**
 * Sends what is due to webhooks, to several at once and to each only so much, so that a slow one holds up itself alone.
 * An attempt whose outcome could not be noted is made again: at least once, never exactly once.
 */
export function startDeliveryLoop(deps: DeliveryLoopDeps): DeliveryLoop {
  const { store, clock, log, pollMs = 1_000 } = deps;
  const alarm = createAlarm();
  const stopping = new AbortController();
  const underWay = new Map<string, number>();
  const attempts = new Set<Promise<void>>();
  let forgottenAt = 0;
  const running = run();

  return {
    wake: () => alarm.ring(),
    async stop() {
      stopping.abort();
      await running;
      await Promise.all(attempts);
    },
  };

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const begun = await beginWhatIsDue();
        await forgetOld();
        if (begun === 0) await alarm.rung(pollMs, stopping.signal);
      } catch (error) {
        log.error({ err: error }, 'deliveries to webhooks cannot be read; they are kept and tried again');
        await sleep(BACK_OFF_MS, stopping.signal);
      }
    }
  }

  async function beginWhatIsDue(): Promise<number> {
    if (attempts.size >= AT_ONCE) return 0;
    let begun = 0;
    for (const webhook of await store.due(clock.now(), 2 * AT_ONCE)) {
      const limit = Math.min(placesFor(webhook), AT_ONCE - attempts.size);
      if (limit <= 0 || stopping.signal.aborted) continue;
      const now = clock.now();
      const leased = await store.lease(webhook, { now, until: now + LEASE_MS, limit });
      for (const delivery of leased) begin(webhook, delivery);
      begun += leased.length;
    }
    return begun;
  }

  function placesFor({ webhookId, failingSince }: Webhook): number {
    return (failingSince === undefined ? AT_ONCE_EACH : 1) - (underWay.get(webhookId) ?? 0);
  }

  function begin(webhook: Webhook, delivery: Delivery): void {
    const { webhookId, tenantId } = webhook;
    const about = { tenant_id: tenantId, webhook_id: webhookId, delivery_id: delivery.deliveryId };
    count(webhookId, 1);
    const attempt = deliverOnce(deps, { webhook, delivery })
      .then(({ status, error, durationMs }) =>
        log.debug({ ...about, status, error, ms: durationMs }, 'told a webhook'),
      )
      // Its lease ends by itself, and then it is made again.
      .catch((error: unknown) => log.error({ ...about, err: error }, 'an attempt could not be noted'))
      .finally(() => {
        attempts.delete(attempt);
        count(webhookId, -1);
        alarm.ring();
      });
    attempts.add(attempt);
  }

  function count(webhookId: string, change: 1 | -1): void {
    const now = (underWay.get(webhookId) ?? 0) + change;
    if (now === 0) underWay.delete(webhookId);
    else underWay.set(webhookId, now);
  }

  async function forgetOld(): Promise<void> {
    const now = clock.now();
    if (now - forgottenAt < FORGET_EVERY_MS) return;
    forgottenAt = now;
    const forgotten = await store.forget(now - KEEP_MS);
    if (forgotten > 0) log.info({ forgotten }, 'old deliveries were forgotten');
  }
}
