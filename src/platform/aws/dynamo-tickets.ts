import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../images/clock.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, type Item, isSet, text } from './dynamo-items.ts';
import { deleteItem, getItem, putItem, updateItem } from './dynamo-requests.ts';
import { queueFailure } from './sqs-failures.ts';
import { KEPT_SECONDS } from './sqs-queues.ts';

/**
 * Which pieces of work are queued: a ticket each, from before its message is sent until before it is deleted. Standard
 * queues of SQS would take the same work any number of times, and FIFO ones refuse what was done for five minutes.
 */
export interface Tickets {
  /**
   * Takes the ticket of a piece of work for a message.
   * @returns false where another message has it, and has been sent
   * @throws Failure `storage_unavailable` where another sender has it, and does not say that it has sent
   */
  take(dedupeId: string, messageId: string): Promise<boolean>;
  /** The message is on the queue. */
  confirm(dedupeId: string, messageId: string): Promise<void>;
  /** The work may be queued again. The ticket of another message is left alone. */
  giveBack(dedupeId: string, messageId: string): Promise<void>;
}

/** Longer than any sender goes on trying: one that has not confirmed by then has died. */
const UNSENT_GOOD_FOR_MS = 30_000;
/** How often to look whether another sender has sent, and how long to wait in between. */
const LOOKS = 10;
const LOOK_EVERY_MS = 50;

export function createTickets(table: DynamoTable, clock: Clock): Tickets {
  const keyOf = (dedupeId: string) => ({ pk: `ticket#${dedupeId}`, sk: 'ticket' });
  const isOurs = (messageId: string) => ({
    expression: '#id = :id',
    names: { '#id': 'id' },
    values: attributes({ ':id': messageId }),
  });

  /** @returns undefined where nobody can tell yet */
  function verdict(ticket: Item, messageId: string): boolean | undefined {
    // An earlier try of ours, whose answer was lost.
    if (text(ticket, 'id') === messageId) return true;
    return isSet(ticket, 'sent') ? false : undefined;
  }

  return {
    async take(dedupeId, messageId) {
      for (let look = 0; look < LOOKS; look += 1) {
        const now = clock.now();
        const ticket = attributes({
          ...keyOf(dedupeId),
          ...{ id: messageId, taken_at: now, ttl: Math.ceil(now / 1000) + KEPT_SECONDS },
        });
        const isFree = {
          expression: 'attribute_not_exists(pk) OR (attribute_not_exists(sent) AND taken_at < :dead)',
          values: attributes({ ':dead': now - UNSENT_GOOD_FOR_MS }),
        };
        if (await putItem(table, ticket, isFree)) return true;
        const found = await getItem(table, keyOf(dedupeId));
        const known = found && verdict(found, messageId);
        if (known !== undefined) return known;
        if (found) await sleep(LOOK_EVERY_MS);
      }
      throw queueFailure(new Error(`somebody else is about to queue ${dedupeId}`));
    },

    async confirm(dedupeId, messageId) {
      const change = { expression: 'SET sent = :sent', values: attributes({ ':sent': true }) };
      // Where it is gone, the work has been done in the meantime.
      await updateItem(table, keyOf(dedupeId), change, isOurs(messageId));
    },

    async giveBack(dedupeId, messageId) {
      await deleteItem(table, keyOf(dedupeId), isOurs(messageId));
    },
  };
}
