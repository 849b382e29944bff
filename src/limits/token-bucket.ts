/**
 * A token bucket: it holds `quota` tokens, fills evenly so that an empty one is full after `windowMs`, and every
 * request takes one out. So `quota` requests may come at once, and as many in each window after that.
 */
export interface BucketRule {
  /** tokens, at least 1 */
  readonly quota: number;
  /** milliseconds in which an empty bucket fills */
  readonly windowMs: number;
}

/** What is kept of a bucket. */
export interface BucketLevel {
  /** 0..quota; fractions are what has flowed in since the last whole one */
  readonly tokens: number;
  /** milliseconds, by a clock that never goes back */
  readonly at: number;
}

export interface Taken {
  readonly isAllowed: boolean;
  /** whole tokens that are left */
  readonly remaining: number;
  /** milliseconds until the bucket is full again if nothing is taken */
  readonly fullInMs: number;
  /** milliseconds until there are enough tokens for this; 0 where it was allowed */
  readonly retryInMs: number;
}

/** The bucket at a moment; a new one is full. */
function levelAt(rule: BucketRule, level: BucketLevel | undefined, now: number): BucketLevel {
  if (!level) return { tokens: rule.quota, at: now };
  const passed = Math.max(0, now - level.at);
  const tokens = Math.min(rule.quota, level.tokens + (passed * rule.quota) / rule.windowMs);
  return { tokens, at: Math.max(now, level.at) };
}

/**
 * Takes tokens out of a bucket, all of them or none.
 *
 * @param cost tokens; 0 only looks whether there is one
 */
export function take(
  rule: BucketRule,
  level: BucketLevel | undefined,
  now: number,
  cost = 1,
): Taken & { level: BucketLevel } {
  const before = levelAt(rule, level, now);
  const needed = Math.max(1, cost);
  const isAllowed = before.tokens >= needed;
  const after = isAllowed ? { ...before, tokens: before.tokens - cost } : before;
  const msPerToken = rule.windowMs / rule.quota;
  return {
    level: after,
    isAllowed,
    remaining: Math.floor(after.tokens),
    fullInMs: (rule.quota - after.tokens) * msPerToken,
    retryInMs: isAllowed ? 0 : (Math.min(needed, rule.quota) - before.tokens) * msPerToken,
  };
}
