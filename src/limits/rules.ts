import type { BucketRule } from './token-bucket.ts';

/** Who is counted: everything that one key or person asks for, or everything from one address. */
export type Party = 'caller' | 'address';

export interface RateRule extends BucketRule {
  readonly party: Party;
  /** of what, for people */
  readonly meaning: string;
}

const MINUTE = 60_000;

/**
 * All rate limits. They are there to stop what no honest client does; how much work a tenant may have done is the
 * matter of its quotas, and how much this machine can bear is that of admission.
 *
 * Pictures that are kept are not limited: sending one costs less than a limit would save. `renders` are pictures that
 * have to be made first.
 */
export const rateRules = {
  sign_in: {
    party: 'address',
    quota: 30,
    windowMs: MINUTE,
    meaning: 'attempts to sign up or in, and to use what came by mail',
  },
  refused: {
    party: 'address',
    quota: 120,
    windowMs: MINUTE,
    meaning: 'requests whose credentials are missing or wrong',
  },
  public: {
    party: 'address',
    quota: 1200,
    windowMs: MINUTE,
    meaning: 'requests that need no credentials: documentation, keys, refreshed tokens',
  },
  reads: { party: 'caller', quota: 12_000, windowMs: MINUTE, meaning: 'requests that change nothing' },
  writes: { party: 'caller', quota: 3000, windowMs: MINUTE, meaning: 'requests that change something' },
  uploads: { party: 'caller', quota: 6000, windowMs: MINUTE, meaning: 'files and pieces of files' },
  renders: { party: 'address', quota: 6000, windowMs: MINUTE, meaning: 'pictures made on request' },
} as const satisfies Record<string, RateRule>;

export type RateRuleName = keyof typeof rateRules;

/** The rules with all quotas times a factor, at least 1 each. */
export function scaledRules(factor: number): Readonly<Record<RateRuleName, RateRule>> {
  const scaled = Object.entries(rateRules).map(([name, rule]) => [
    name,
    { ...rule, quota: Math.max(1, Math.round(rule.quota * factor)) },
  ]);
  return Object.fromEntries(scaled) as Record<RateRuleName, RateRule>;
}
