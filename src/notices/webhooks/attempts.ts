import type { Posted } from '../fence/post.ts';
import type { Attempt } from './webhook.ts';
import type { Outcome } from './webhook-store.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** milliseconds before the second attempt, the third, and so on: eleven in a little more than a day */
export const RETRY_DELAYS: readonly number[] = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  10 * HOUR,
];

/** Delays are longer by up to this share, so that what failed together does not come back together. */
const JITTER = 0.2;
/** the longest wait that an answer may ask for */
const LONGEST_ASKED = 24 * HOUR;

/** The receiver is gone and says so. */
export const isGone = (posted: Posted) => 'status' in posted && posted.status === 410;

/** Any 2xx. A redirect is none. */
export const isTaken = (posted: Posted) => 'status' in posted && posted.status >= 200 && posted.status < 300;

/** @param tries attempts made, this one included @param random from 0 to 1 */
export function outcomeOf(posted: Posted, tries: number, now: number, random: number): Outcome {
  if (isTaken(posted)) return { state: 'delivered' };
  const delay = RETRY_DELAYS[tries - 1];
  if (delay === undefined || isGone(posted)) return { state: 'failed' };
  const asked = 'status' in posted ? Math.min(posted.retryAfterMs ?? 0, LONGEST_ASKED) : 0;
  return { state: 'pending', retryAt: now + Math.round(Math.max(delay, asked) * (1 + JITTER * random)) };
}

export function attemptOf(posted: Posted, at: number, durationMs: number): Attempt {
  const taken = Math.round(durationMs);
  if ('error' in posted) return { at, durationMs: taken, error: posted.error };
  return { at, durationMs: taken, status: posted.status, response: posted.response };
}
