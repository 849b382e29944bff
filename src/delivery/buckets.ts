/** Few values stand for many: what clients say of themselves is folded so that caches still hit. Pure. */

/** Pixels for each CSS pixel. Above 3 nobody sees a difference. */
export const DENSITIES = [1, 1.5, 2, 3] as const;

/** Pixels, from a phone's thumbnail to a wide screen of double density. */
export const WIDTHS = [160, 320, 480, 640, 800, 960, 1280, 1600, 1920, 2560, 3840] as const;

/** The smallest that is enough, or the largest. */
export function bucketFor(value: number, buckets: readonly number[]): number {
  return buckets.find((bucket) => bucket >= value) ?? Math.max(...buckets);
}
