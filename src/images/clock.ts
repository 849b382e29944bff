/** Wall-clock time, for upload times and expiry. Leases and timeouts use the monotonic clock instead. */
export interface Clock {
  /** milliseconds since 1970-01-01 UTC */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
