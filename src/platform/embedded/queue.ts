import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { v7 } from 'uuid';
import { Failure } from '../../failures.ts';
import type { Clock } from '../../images/clock.ts';
import { type Delivery, LANES, type Lane, type LaneDepth, type Queue, Work } from '../../pipeline/queue.ts';
import { integer, text } from './columns.ts';
import type { Database, Row } from './database.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createDoorbell } from './doorbell.ts';
import { insertMessage } from './messages.ts';

export interface QueueDeps {
  readonly database: Database;
  /** for the age of messages, and for what is left of a delay after a restart */
  readonly clock: Clock;
  /** milliseconds of a clock that never jumps and that all processes of this machine share: for leases */
  readonly monotonic: () => number;
}

export interface EmbeddedQueue extends Queue {
  /**
   * To be called by a server before it receives: what a process that is dead now held is visible again at once.
   * Such an interruption does not count as a receive, unless it happens so often that the message must be suspected.
   */
  recover(): void;
  /** Ends all waiting: `receive` answers none from now on. */
  close(): void;
}

/** How often a message may be interrupted by the death of the server before interruptions count as receives. */
export const MOST_INTERRUPTIONS = 20;
/** Messages that another process sent are found after this long, milliseconds. */
const LOOK_EVERY = 1_000;
/** The smallest of each lane, which an index knows, instead of a walk through all. */
const NEXT_VISIBLE = `SELECT min(next) AS next FROM (${LANES.map(
  (_, lane) => `SELECT min(visible_at) AS next FROM messages WHERE lane = ${lane}`,
).join(' UNION ALL ')})`;

export function createQueue({ database, clock, monotonic }: QueueDeps): EmbeddedQueue {
  const doorbell = createDoorbell();
  let closed = false;

  /** Milliseconds until a message becomes visible; at most the time after which to look anyway. */
  function untilNext(): number {
    const row = database.get(NEXT_VISIBLE);
    if (row === undefined || row.next === null) return LOOK_EVERY;
    return Math.min(LOOK_EVERY, Math.max(1, integer(row, 'next') - monotonic()));
  }

  function lease(row: Row, lane: number, leaseMs: number, now: number): Delivery {
    const seq = integer(row, 'seq');
    const receives = integer(row, 'receives') + 1;
    const receipt = randomUUID();
    database.run(
      'UPDATE messages SET receipt = ?, receives = ?, visible_at = ? WHERE seq = ?',
      receipt,
      receives,
      Math.ceil(now + leaseMs),
      seq,
    );
    return {
      messageId: String(seq),
      receipt,
      work: Work.parse(JSON.parse(text(row, 'work'))),
      lane: laneOf(lane),
      receives,
      sentAt: integer(row, 'sent_at'),
    };
  }

  function due(lane: number, now: number, limit: number): Row[] {
    return database.all(
      `SELECT seq, receives, work, sent_at FROM messages WHERE lane = ? AND visible_at <= ?
       ORDER BY visible_at, seq LIMIT ?`,
      lane,
      Math.floor(now),
      limit,
    );
  }

  function take(max: number, leaseMs: number): Delivery[] {
    const now = monotonic();
    if (LANES.every((_, lane) => due(lane, now, 1).length === 0)) return [];
    const leaseDue = () => {
      const taken: Delivery[] = [];
      for (const lane of LANES.keys()) {
        for (const row of due(lane, now, max - taken.length)) taken.push(lease(row, lane, leaseMs, now));
      }
      return taken;
    };
    return database.unhurried(() => database.write(leaseDue));
  }

  return {
    async send(work, { lane, dedupeId, delayMs = 0 }) {
      insertMessage(
        database,
        { work, lane: LANES.indexOf(lane), dedupeId, delayMs },
        clock.now(),
        monotonic(),
      );
      doorbell.ring();
    },

    async receive({ max, waitMs, leaseMs, signal }) {
      const end = performance.now() + waitMs;
      for (;;) {
        if (closed || signal?.aborted) return [];
        const taken = take(max, leaseMs);
        const left = end - performance.now();
        if (taken.length > 0 || left <= 0) return taken;
        await doorbell.wait(Math.min(left, untilNext()), signal);
      }
    },

    async extend({ messageId, receipt }, leaseMs) {
      const held = database.unhurried(() =>
        database.run(
          'UPDATE messages SET visible_at = ? WHERE seq = ? AND receipt = ?',
          Math.ceil(monotonic() + leaseMs),
          messageId,
          receipt,
        ),
      );
      if (held === 0) {
        throw new Failure(
          'stale_write',
          `The lease on message ${messageId} was lost: another worker has it now.`,
        );
      }
    },

    async complete({ messageId, receipt }) {
      database.unhurried(() =>
        database.run('DELETE FROM messages WHERE seq = ? AND receipt = ?', messageId, receipt),
      );
    },

    async release({ messageId, receipt }, { delayMs, refund = false }) {
      database.run(
        `UPDATE messages SET receipt = NULL, receives = receives - ?, visible_at = ?, delayed_at = ?, delay_ms = ?
         WHERE seq = ? AND receipt = ?`,
        refund ? 1 : 0,
        Math.ceil(monotonic() + delayMs),
        clock.now(),
        delayMs,
        messageId,
        receipt,
      );
      doorbell.ring();
    },

    async bury({ messageId, receipt, work }, reason) {
      database.write(() => {
        database.run(
          `INSERT INTO dead_letters
           SELECT ?, ?, ?, dedupe_id, lane, work, ?, ?, receives, ? FROM messages WHERE seq = ? AND receipt = ?`,
          v7({ msecs: clock.now() }),
          work.tenant_id,
          work.image_id,
          reason.code,
          reason.message,
          clock.now(),
          messageId,
          receipt,
        );
        database.run('DELETE FROM messages WHERE seq = ? AND receipt = ?', messageId, receipt);
      });
    },

    deadLetters: createDeadLetters({ database, clock, monotonic, onSent: doorbell.ring }),

    async depth() {
      const now = Math.floor(monotonic());
      const rows = database.all(
        `SELECT lane, sum(visible_at <= ?1) AS waiting,
           sum(visible_at > ?1 AND receipt IS NULL) AS delayed,
           sum(visible_at > ?1 AND receipt IS NOT NULL) AS in_flight, min(sent_at) AS oldest
         FROM messages GROUP BY lane`,
        now,
      );
      return { interactive: depthOf(rows, 0, clock.now()), background: depthOf(rows, 1, clock.now()) };
    },

    recover() {
      database.write(() => {
        database.run(
          `UPDATE messages SET receipt = NULL, visible_at = 0, interruptions = interruptions + 1,
             receives = receives - (interruptions < ${MOST_INTERRUPTIONS})
           WHERE receipt IS NOT NULL`,
        );
        // Only where the machine was started anew, or for a delay that still runs: the monotonic clock of a
        // machine goes on while it is up. A wall clock that went back makes nobody wait twice.
        database.run(
          `UPDATE messages
           SET visible_at = CASE WHEN delay_ms = 0 THEN 0
             ELSE ?1 + min(delay_ms, max(0, delayed_at + delay_ms - ?2)) END
           WHERE visible_at > ?1`,
          Math.floor(monotonic()),
          clock.now(),
        );
      });
    },

    close() {
      closed = true;
      doorbell.ring();
    },
  };
}

function laneOf(index: number): Lane {
  const lane = LANES[index];
  if (lane === undefined) throw new Error(`there is no lane ${index}`);
  return lane;
}

function depthOf(rows: readonly Row[], lane: number, now: number): LaneDepth {
  const row = rows.find((one) => one.lane === lane);
  if (row === undefined) return { waiting: 0, delayed: 0, inFlight: 0, oldestMs: 0 };
  return {
    waiting: integer(row, 'waiting'),
    delayed: integer(row, 'delayed'),
    inFlight: integer(row, 'in_flight'),
    oldestMs: Math.max(0, now - integer(row, 'oldest')),
  };
}
