import type { Context, MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import { Failure } from '../failures.ts';
import type { Principal } from '../identity/principal.ts';
import type { Buckets } from '../limits/buckets.ts';
import { limitedTogether } from '../limits/limited-together.ts';
import { type RateRule, type RateRuleName, scaledRules } from '../limits/rules.ts';
import type { Taken } from '../limits/token-bucket.ts';
import { rateClass } from './rate-classes.ts';
import type { AppEnv } from './services.ts';
import type { Client } from './trusted-proxies.ts';

export interface RateLimits {
  /** Around everything else: who keeps sending wrong credentials is not heard any more, and answers say what is left. */
  readonly around: MiddlewareHandler<AppEnv>;
  /** Takes the request out of the bucket of whoever sent it. @throws Failure `rate_limited` */
  charge(c: Context<AppEnv>): void;
  /** Before a picture is made. @throws Failure `rate_limited` */
  assertMayRender(client: Client | undefined): void;
}

/** One rule at work: what the headers of the answer say. */
export interface RateState {
  readonly name: RateRuleName;
  readonly rule: RateRule;
  readonly taken: Taken;
}

export interface RateLimitsOptions {
  readonly buckets: Buckets;
  /** of all quotas; 0 turns the limits off */
  readonly factor: number;
}

/** @param options without them nobody is limited */
export function createRateLimits(options: RateLimitsOptions | undefined): RateLimits {
  if (!options || options.factor === 0) return unlimited;
  const { buckets, factor } = options;
  const rules = scaledRules(factor);

  const take = (name: RateRuleName, who: string, cost = 1): RateState => {
    const rule = rules[name];
    return { name, rule, taken: buckets.take(`${name}:${who}`, rule, cost) };
  };

  return {
    around: createMiddleware<AppEnv>(async (c, next) => {
      const address = c.get('client')?.address;
      // A probe of liveness has no credentials, and must not depend on who else comes from its address.
      if (address === undefined || rateClass(c.req.method, c.req.path) === undefined) return next();
      const who = limitedTogether(address);
      assertAllowed(take('refused', who, 0));
      await next();
      if (c.res.status === 401) take('refused', who);
      const state = c.get('rate');
      if (state) for (const [name, value] of Object.entries(rateHeaders(state))) c.header(name, value);
    }),

    charge(c) {
      const name = rateClass(c.req.method, c.req.path);
      const who = name && countedAs(c, rules[name]);
      if (name === undefined || who === undefined) return;
      const state = take(name, who);
      c.set('rate', state);
      assertAllowed(state);
    },

    assertMayRender(client) {
      if (client) assertAllowed(take('renders', limitedTogether(client.address)));
    },
  };
}

const unlimited: RateLimits = {
  around: (_, next) => next(),
  charge: () => {},
  assertMayRender: () => {},
};

/** draft-ietf-httpapi-ratelimit-headers-10: structured fields, times in seconds. */
function rateHeaders({ name, rule, taken }: RateState): Record<string, string> {
  return {
    'ratelimit-policy': `"${name}";q=${rule.quota};w=${rule.windowMs / 1000}`,
    ratelimit: `"${name}";r=${taken.remaining};t=${Math.ceil(taken.fullInMs / 1000)}`,
  };
}

/** Whose bucket: the key's or the person's where there are credentials, else the address's. */
function countedAs(c: Context<AppEnv>, { party }: RateRule): string | undefined {
  const principal: Principal | undefined = c.get('principal');
  if (party === 'caller' && principal) {
    const { via, tenantId, userId } = principal;
    return via.kind === 'key' ? `key:${via.keyId}` : `user:${tenantId}:${userId}`;
  }
  const address = c.get('client')?.address;
  return address === undefined ? undefined : `address:${limitedTogether(address)}`;
}

function assertAllowed({ name, rule, taken }: RateState): void {
  if (taken.isAllowed) return;
  const retryAfterSeconds = Math.max(1, Math.ceil(taken.retryInMs / 1000));
  const most = `${rule.quota} in ${rule.windowMs / 1000} s`;
  throw new Failure(
    'rate_limited',
    `Too many ${rule.meaning}: at most ${most}. Try again in ${retryAfterSeconds} s.`,
    { extra: { retryAfterSeconds, policy: name } },
  );
}
