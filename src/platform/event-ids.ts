import { randomBytes } from 'node:crypto';

/**
 * Ids of events: 12 hexadecimal digits of the time in milliseconds, then 12 that begin at random. They grow even
 * where the wall clock stands still or goes back, and tell no tenant how much the others do.
 */
const TAIL_BITS = 48n;
const TAIL = (1n << TAIL_BITS) - 1n;
const DIGITS = 24;

/** The id after `newest`, for an event at that time. */
export function nextEventId(newest: string | undefined, at: number): string {
  const fresh = (BigInt(at) << TAIL_BITS) | (random() & (TAIL >> 1n));
  const last = newest === undefined ? -1n : BigInt(`0x${newest}`);
  // Within a millisecond, a random step of at most 2^32: it says nothing about how many events lie between.
  const next = fresh >> TAIL_BITS > last >> TAIL_BITS ? fresh : last + 1n + (random() & 0xffff_ffffn);
  return next.toString(16).padStart(DIGITS, '0');
}

/** No event of that time or later has a smaller id. */
export function firstEventId(at: number): string {
  return (BigInt(Math.max(0, at)) << TAIL_BITS).toString(16).padStart(DIGITS, '0');
}

function random(): bigint {
  return BigInt(`0x${randomBytes(6).toString('hex')}`);
}
