import { createHash } from 'node:crypto';
import { Failure } from '../../../failures.ts';
import { countAttempt, type LockoutRule, lockoutRules } from '../../../identity/lockout.ts';
import type { Clock } from '../../../images/clock.ts';
import { integer } from '../columns.ts';
import type { Database } from '../database.ts';

export type AttemptKind = keyof typeof lockoutRules;

/** Counts what is tried, for known and unknown subjects alike. All calls are synchronous. */
export interface AttemptStore {
  /** Counts one attempt before it is made, so that many at once are not one. @throws Failure `too_many_attempts` */
  begin(kind: AttemptKind, subject: string): void;
  /** Counts one attempt and answers whether it may be made. */
  allows(kind: AttemptKind, subject: string): boolean;
  /** Forgets all attempts: one has succeeded. */
  forgive(kind: AttemptKind, subject: string): void;
  /** Takes one attempt back. */
  takeBack(kind: AttemptKind, subject: string): void;
  sweep(): void;
}

const LONGEST_MEMORY_MS = Math.max(
  ...Object.values<LockoutRule>(lockoutRules).map((rule) => rule.forgottenAfterMs),
);

export function createAttemptStore(database: Database, clock: Clock): AttemptStore {
  /** milliseconds to wait; 0 where the attempt may be made */
  function count(kind: AttemptKind, subject: string): number {
    const key = keyOf(kind, subject);
    return database.write(() => {
      const row = database.get('SELECT * FROM attempts WHERE key = ?', key);
      const before = row && {
        count: integer(row, 'count'),
        lastAt: integer(row, 'last_at'),
        lockedUntil: integer(row, 'locked_until'),
      };
      const counted = countAttempt(lockoutRules[kind], before, clock.now());
      if ('waitMs' in counted) return counted.waitMs;
      const { count: n, lastAt, lockedUntil } = counted.attempts;
      database.run('INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?)', key, n, lastAt, lockedUntil);
      return 0;
    });
  }

  return {
    begin(kind, subject) {
      const waitMs = count(kind, subject);
      if (waitMs === 0) return;
      const seconds = Math.ceil(waitMs / 1000);
      throw new Failure(
        'too_many_attempts',
        `This was tried too often. Wait ${seconds} seconds, then try again.`,
        {
          extra: { retryAfterSeconds: seconds },
        },
      );
    },
    allows: (kind, subject) => count(kind, subject) === 0,
    forgive(kind, subject) {
      database.run('DELETE FROM attempts WHERE key = ?', keyOf(kind, subject));
    },
    takeBack(kind, subject) {
      database.run(
        'UPDATE attempts SET count = count - 1, locked_until = 0 WHERE key = ? AND count > 0',
        keyOf(kind, subject),
      );
    },
    sweep() {
      database.run('DELETE FROM attempts WHERE last_at <= ?', clock.now() - LONGEST_MEMORY_MS);
    },
  };
}

/** Addresses of people who are not known here have no business in the database. */
function keyOf(kind: AttemptKind, subject: string): string {
  return createHash('sha256').update(`${kind}\0${subject}`).digest('hex');
}
