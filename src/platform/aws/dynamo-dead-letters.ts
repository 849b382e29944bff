import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import { Failure } from '../../failures.ts';
import type { Clock } from '../../images/clock.ts';
import { type DeadLetter, type DeadLetters, LANES, type Lane, Work } from '../../pipeline/queue.ts';
import { decodeCursor, encodeCursor, IdCursor } from '../cursors.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, type Item, integer, type Key, text } from './dynamo-items.ts';
import { getItem, IS_NEW, itemsOf, updateItem } from './dynamo-requests.ts';
import { put, remove, transact } from './dynamo-transact.ts';

export interface DynamoDeadLetters extends DeadLetters {
  /** Puts a message aside; doing it again is harmless. */
  add(letter: NewLetter): Promise<void>;
}

export interface NewLetter extends Pick<DeadLetter, 'work' | 'lane' | 'reason' | 'receives'> {
  readonly messageId: string;
  readonly dedupeId: string;
}

export interface DeadLetterDeps {
  readonly table: DynamoTable;
  readonly clock: Clock;
  /** Queues the work anew. */
  readonly send: (work: Work, options: { lane: Lane; dedupeId: string }) => Promise<void>;
}

/** Who redrives a letter and does not get to the end of it has died by then. */
const REDRIVE_MS = 30_000;

/**
 * A letter is two items: one among those of its tenant, by time, and one among those of its image, which go with it. The
 * second one has the id of the message in its key, so that no message makes two letters.
 */
export function createDynamoDeadLetters({ table, clock, send }: DeadLetterDeps): DynamoDeadLetters {
  const find = (tenantId: string, id: string) => getItem(table, letterKey(tenantId, id));

  const removeBoth = (tenantId: string, id: string, pointer: Key) =>
    transact(table, () => [remove(letterKey(tenantId, id)), remove(pointer)]);

  return {
    async add({ work, lane, reason, receives, messageId, dedupeId }) {
      const { tenant_id: tenantId, image_id: imageId } = work;
      const id = v7({ msecs: clock.now() });
      const letter = attributes({
        ...letterKey(tenantId, id),
        ...{ work: JSON.stringify(work), lane, code: reason.code, message: reason.message, receives },
        ...{ dedupe_id: dedupeId, message_id: messageId, buried_at: clock.now() },
      });
      const pointer = attributes({ ...pointerKey(tenantId, imageId, messageId), letter: id });
      // Refused: its worker died after it was put aside, and before the message was deleted.
      await transact(table, () => [put(letter), put(pointer, IS_NEW, () => undefined)]);
    },

    async list({ tenantId, limit, cursor }) {
      const [before] = cursor === undefined ? [] : decodeCursor(cursor, IdCursor);
      const range = { partition: lettersOf(tenantId), isDescending: true };
      const items = await itemsOf(
        table,
        { ...range, ...(before !== undefined && { to: before }) },
        limit + 2,
      );
      const rest = items.filter((item) => text(item, 'sk') !== before);
      const letters = rest.slice(0, limit).map(letterFrom);
      const last = letters.at(-1);
      const more = rest.length > limit && last !== undefined;
      return { letters, ...(more && { nextCursor: encodeCursor([last.id]) }) };
    },

    async read(tenantId, id) {
      const item = await find(tenantId, id);
      return item && letterFrom(item);
    },

    async redrive(tenantId, id) {
      const item = await claim(table, letterKey(tenantId, id), clock.now());
      if (item === undefined) throw notFound(id);
      const { work, lane } = letterFrom(item);
      try {
        await send(work, { lane, dedupeId: text(item, 'dedupe_id') });
      } catch (error) {
        await unclaim(table, letterKey(tenantId, id)).catch(() => {});
        throw error;
      }
      await removeBoth(tenantId, id, pointerOf(tenantId, item));
    },

    async drop(tenantId, id) {
      const item = await find(tenantId, id);
      if (item === undefined) throw notFound(id);
      await removeBoth(tenantId, id, pointerOf(tenantId, item));
    },

    async dropImage(tenantId, imageId) {
      const pointers = await itemsOf(table, { partition: pointersOf(tenantId, imageId) });
      for (const pointer of pointers) {
        const key = pointerKey(tenantId, imageId, text(pointer, 'sk'));
        await removeBoth(tenantId, text(pointer, 'letter'), key);
      }
    },
  };
}

const lettersOf = (tenantId: string) => `dead#${tenantId}`;
const pointersOf = (tenantId: string, imageId: string) => `dead#${tenantId}#${imageId}`;
const letterKey = (tenantId: string, id: string): Key => ({ pk: lettersOf(tenantId), sk: id || '?' });
const pointerKey = (tenantId: string, imageId: string, messageId: string): Key => ({
  pk: pointersOf(tenantId, imageId),
  sk: messageId,
});

function pointerOf(tenantId: string, letter: Item): Key {
  return pointerKey(tenantId, letterFrom(letter).work.image_id, text(letter, 'message_id'));
}

/** One of many who want to send it again gets it. */
function claim(table: DynamoTable, key: Key, now: number): Promise<Item | undefined> {
  const change = {
    expression: 'SET claim = :claim, claimed_until = :until',
    values: attributes({ ':claim': randomUUID(), ':until': now + REDRIVE_MS }),
  };
  const isFree = {
    expression: 'attribute_exists(pk) AND (attribute_not_exists(claim) OR claimed_until < :now)',
    values: attributes({ ':now': now }),
  };
  return updateItem(table, key, change, isFree);
}

async function unclaim(table: DynamoTable, key: Key): Promise<void> {
  const change = { expression: 'REMOVE claim, claimed_until' };
  await updateItem(table, key, change, { expression: 'attribute_exists(pk)' });
}

function letterFrom(item: Item): DeadLetter {
  const lane = LANES.find((one) => one === text(item, 'lane'));
  if (lane === undefined) throw new Error(`there is no lane ${text(item, 'lane')}`);
  return {
    id: text(item, 'sk'),
    work: Work.parse(JSON.parse(text(item, 'work'))),
    lane,
    reason: { code: text(item, 'code'), message: text(item, 'message') },
    receives: integer(item, 'receives'),
    buriedAt: integer(item, 'buried_at'),
  };
}

function notFound(id: string): Failure {
  return new Failure(
    'dead_letter_not_found',
    `There is no dead letter ${id}. List them to see which there are.`,
  );
}
