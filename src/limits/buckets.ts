import type { BucketRule, Taken } from './token-bucket.ts';

/** Token buckets by name, shared by all who are to be limited together. */
export interface Buckets {
  /**
   * Takes tokens out of the bucket of this name, all or none. It is made full where there is none.
   *
   * @param name whoever is limited, and by which rule: `reads:key:k_1`
   * @param cost tokens, 1 unless said otherwise; 0 only looks
   */
  take(name: string, rule: BucketRule, cost?: number): Taken;
}
