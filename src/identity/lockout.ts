/** How often something may be tried before one has to wait, and how long. */
export interface LockoutRule {
  /** attempts that cost nothing */
  readonly free: number;
  /** milliseconds to wait after the first attempt too many; each further one doubles it */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** milliseconds without an attempt after which all is forgotten */
  readonly forgottenAfterMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * NIST SP 800-63B-4, 3.2.2, allows 100 failed attempts in a row on one account. With these rules who guesses passwords
 * gets to about 100 a day, and who guesses codes of an authenticator, having the password, to about 30.
 */
export const lockoutRules = {
  password: { free: 5, firstWaitMs: 30_000, longestWaitMs: 15 * MINUTE, forgottenAfterMs: 24 * HOUR },
  factor: { free: 5, firstWaitMs: MINUTE, longestWaitMs: HOUR, forgottenAfterMs: 7 * 24 * HOUR },
  /** one network address may be an office: many people mistype there */
  address: { free: 30, firstWaitMs: 10_000, longestWaitMs: 15 * MINUTE, forgottenAfterMs: HOUR },
  /** mails to one person: after these, none for an hour */
  mail: { free: 4, firstWaitMs: HOUR, longestWaitMs: HOUR, forgottenAfterMs: HOUR },
} as const satisfies Record<string, LockoutRule>;

export interface Attempts {
  readonly count: number;
  /** milliseconds since 1970 */
  readonly lastAt: number;
  readonly lockedUntil: number;
}

/** What is known after one more attempt at `now`, or how long to wait before it is allowed. */
export function countAttempt(
  rule: LockoutRule,
  before: Attempts | undefined,
  now: number,
): { attempts: Attempts } | { waitMs: number } {
  if (before && before.lockedUntil > now) return { waitMs: before.lockedUntil - now };
  const isForgotten = before === undefined || before.lastAt <= now - rule.forgottenAfterMs;
  const count = isForgotten ? 1 : before.count + 1;
  return { attempts: { count, lastAt: now, lockedUntil: now + waitAfter(rule, count) } };
}

/** milliseconds until the next attempt is allowed after `count` of them. */
function waitAfter({ free, firstWaitMs, longestWaitMs }: LockoutRule, count: number): number {
  if (count < free) return 0;
  return Math.min(longestWaitMs, firstWaitMs * 2 ** (count - free));
}
