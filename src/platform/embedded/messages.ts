import type { Work } from '../../pipeline/queue.ts';
import type { Database } from './database.ts';

export interface NewMessage {
  readonly work: Work;
  /** index in LANES */
  readonly lane: number;
  readonly dedupeId: string;
  readonly delayMs: number;
}

/** Adds a message, unless one with its dedupe id waits or is in flight. */
export function insertMessage(database: Database, message: NewMessage, now: number, monotonic: number): void {
  database.run(
    `INSERT INTO messages (dedupe_id, lane, work, sent_at, visible_at, delayed_at, delay_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    message.dedupeId,
    message.lane,
    JSON.stringify(message.work),
    now,
    message.delayMs === 0 ? Math.floor(monotonic) : Math.ceil(monotonic + message.delayMs),
    now,
    message.delayMs,
  );
}
