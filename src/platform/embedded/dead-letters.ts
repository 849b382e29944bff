import { Failure } from '../../failures.ts';
import type { Clock } from '../../images/clock.ts';
import { type DeadLetter, type DeadLetters, LANES, Work } from '../../pipeline/queue.ts';
import { decodeCursor, encodeCursor, IdCursor } from '../cursors.ts';
import { integer, text } from './columns.ts';
import type { Database, Row } from './database.ts';
import { insertMessage } from './messages.ts';

export interface DeadLetterDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly monotonic: () => number;
  readonly onSent: () => void;
}

/** Newest first. */
export function createDeadLetters({ database, clock, monotonic, onSent }: DeadLetterDeps): DeadLetters {
  const find = (tenantId: string, id: string) =>
    database.get('SELECT * FROM dead_letters WHERE tenant_id = ? AND id = ?', tenantId, id);

  function remove(tenantId: string, id: string): void {
    const gone = database.run('DELETE FROM dead_letters WHERE tenant_id = ? AND id = ?', tenantId, id);
    if (gone === 0) throw notFound(id);
  }

  return {
    async list({ tenantId, limit, cursor }) {
      const before = cursor === undefined ? [] : decodeCursor(cursor, IdCursor);
      const rows = database.all(
        `SELECT * FROM dead_letters WHERE tenant_id = ? ${cursor === undefined ? '' : 'AND id < ?'}
         ORDER BY id DESC LIMIT ?`,
        tenantId,
        ...before,
        limit + 1,
      );
      const letters = rows.slice(0, limit).map(letterFrom);
      const last = letters.at(-1);
      const more = rows.length > limit && last !== undefined;
      return { letters, ...(more ? { nextCursor: encodeCursor([last.id]) } : {}) };
    },

    async read(tenantId, id) {
      const row = find(tenantId, id);
      return row === undefined ? undefined : letterFrom(row);
    },

    async redrive(tenantId, id) {
      database.write(() => {
        const row = find(tenantId, id);
        if (row === undefined) throw notFound(id);
        remove(tenantId, id);
        const { work } = letterFrom(row);
        const message = { work, lane: integer(row, 'lane'), dedupeId: text(row, 'dedupe_id'), delayMs: 0 };
        insertMessage(database, message, clock.now(), monotonic());
      });
      onSent();
    },

    async drop(tenantId, id) {
      remove(tenantId, id);
    },

    async dropImage(tenantId, imageId) {
      database.run('DELETE FROM dead_letters WHERE image_id = ? AND tenant_id = ?', imageId, tenantId);
    },
  };
}

function letterFrom(row: Row): DeadLetter {
  const lane = LANES[integer(row, 'lane')];
  if (lane === undefined) throw new Error(`there is no lane ${integer(row, 'lane')}`);
  return {
    id: text(row, 'id'),
    work: Work.parse(JSON.parse(text(row, 'work'))),
    lane,
    reason: { code: text(row, 'code'), message: text(row, 'message') },
    receives: integer(row, 'receives'),
    buriedAt: integer(row, 'buried_at'),
  };
}

function notFound(id: string): Failure {
  return new Failure(
    'dead_letter_not_found',
    `There is no dead letter ${id}. List them to see which there are.`,
  );
}
