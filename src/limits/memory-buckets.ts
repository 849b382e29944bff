import type { Buckets } from './buckets.ts';
import { type BucketLevel, take } from './token-bucket.ts';

export interface MemoryBucketsOptions {
  /** milliseconds of a clock that never jumps */
  readonly monotonic?: () => number;
  /** buckets that are kept; the one that was not used for longest goes first */
  readonly most?: number;
}

/** Some 100 bytes each. */
const MOST = 100_000;

/**
 * Buckets in the memory of this process: one server process answers all requests of the embedded platform. After a
 * restart all are full, which is at worst one more quota for each.
 *
 * The bucket that goes to make room is the one that has been filling for longest, so that somebody with many addresses
 * wins little by pushing out others. Several processes behind one address will each keep their own buckets with their
 * share of the quota, or take this port over a shared store: `take` then becomes one atomic update of level and time.
 */
export function createMemoryBuckets(options: MemoryBucketsOptions = {}): Buckets {
  const { monotonic = () => performance.now(), most = MOST } = options;
  const levels = new Map<string, BucketLevel>();
  return {
    take(name, rule, cost) {
      const { level, ...taken } = take(rule, levels.get(name), monotonic(), cost);
      levels.delete(name);
      // What is full need not be remembered.
      if (level.tokens < rule.quota) levels.set(name, level);
      const [oldest] = levels.size > most ? levels.keys() : [];
      if (oldest !== undefined) levels.delete(oldest);
      return taken;
    },
  };
}
