import type { Clock } from '../../images/clock.ts';
import type { WebhookKey } from '../../notices/webhooks/webhook-store.ts';
import { inParallel } from '../embedded/in-parallel.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, type Item, integer, type Key, text } from './dynamo-items.ts';
import { AT_ONCE, deleteItem, itemsOf, putItem } from './dynamo-requests.ts';
import { sortable } from './dynamo-times.ts';
import { deliveriesOf } from './dynamo-webhook-items.ts';

/** How exact the time of a mark is, milliseconds. */
const MARKED_EVERY_MS = 60_000;
/** A mark this old whose webhook has nothing waiting goes; far longer than the index lags behind. Milliseconds. */
const UNUSED_MS = 10 * 60_000;
const MARKS = 'due-webhooks';

/**
 * Names the webhooks that something waits for, so that nobody looks at all of them. A mark is made before what waits is
 * written, and made younger while that changes: one that is old, and has nothing, has had nothing for as long.
 */
export interface DueWebhooks {
  /** To be awaited before something is written that waits. */
  mark(webhooks: readonly WebhookKey[]): Promise<void>;
  /** Those with something due, milliseconds. */
  due(now: number): Promise<WebhookKey[]>;
}

export function createDueWebhooks(table: DynamoTable, clock: Clock): DueWebhooks {
  const markedAt = new Map<string, number>();

  async function mark(webhook: WebhookKey): Promise<void> {
    const key = markKey(webhook);
    const at = clock.now();
    if (at - (markedAt.get(key.sk) ?? 0) < MARKED_EVERY_MS) return;
    const { tenantId: tenant, webhookId } = webhook;
    await putItem(table, attributes({ ...key, tenant, webhook: webhookId, at_ms: at }));
    markedAt.set(key.sk, at);
  }

  async function unmark(item: Item): Promise<void> {
    const values = attributes({ ':at': integer(item, 'at_ms') });
    const { sk } = markKey(webhookOf(item));
    markedAt.delete(sk);
    await deleteItem(table, { pk: MARKS, sk }, { expression: 'at_ms = :at', values });
  }

  return {
    async mark(webhooks) {
      const once = new Map(webhooks.map((webhook) => [markKey(webhook).sk, webhook]));
      await inParallel(once.values(), AT_ONCE, mark);
    },

    async due(now) {
      const found: WebhookKey[] = [];
      await inParallel(await itemsOf(table, { partition: MARKS }), AT_ONCE, async (item) => {
        const webhook = webhookOf(item);
        const [first] = await itemsOf(table, { index: 'due', partition: deliveriesOf(webhook) }, 1);
        if (first === undefined) {
          if (integer(item, 'at_ms') < clock.now() - UNUSED_MS) await unmark(item);
        } else if (text(first, 'ds') < sortable(now + 1)) found.push(webhook);
      });
      return found;
    },
  };
}

function markKey({ tenantId, webhookId }: WebhookKey): Key {
  return { pk: MARKS, sk: `${tenantId}#${webhookId}` };
}

function webhookOf(item: Item): WebhookKey {
  return { tenantId: text(item, 'tenant'), webhookId: text(item, 'webhook') };
}
