const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

/**
 * How long a message waits before its next attempt: 1 s, 2 s, 4 s, ... up to a minute, give or take a quarter.
 *
 * @param attempt from 1
 * @param random 0..1
 * @returns whole milliseconds
 */
export function retryDelayMs(attempt: number, random = Math.random()): number {
  return scattered(Math.min(FIRST_MS * 2 ** (attempt - 1), LONGEST_MS), random);
}

/** Give or take a quarter, so that what failed together does not come back together. In whole milliseconds. */
export function scattered(milliseconds: number, random = Math.random()): number {
  return Math.round(milliseconds * (0.75 + random / 2));
}
