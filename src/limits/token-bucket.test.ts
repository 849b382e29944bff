import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BucketLevel, take } from './token-bucket.ts';

const rule = { quota: 10, windowMs: 1000 };

/** Takes one token at each of these times; answers which were allowed. */
function allowedAt(times: readonly number[]): boolean[] {
  let level: BucketLevel | undefined;
  return times.map((now) => {
    const taken = take(rule, level, now);
    level = taken.level;
    return taken.isAllowed;
  });
}

describe('a token bucket', () => {
  it('is full at first, then lets through what flows in', () => {
    expect(allowedAt(Array(11).fill(0))).toEqual([...Array(10).fill(true), false]);
    expect(allowedAt([...Array(10).fill(0), 99, 100, 100, 200])).toEqual([
      ...Array(10).fill(true),
      false,
      true,
      false,
      true,
    ]);
  });

  it('says what is left, and when to come back', () => {
    const empty = { tokens: 0, at: 0 };
    expect(take(rule, undefined, 0)).toMatchObject({ remaining: 9, fullInMs: 100, retryInMs: 0 });
    expect(take(rule, empty, 40)).toMatchObject({ isAllowed: false, remaining: 0, retryInMs: 60 });
    expect(take(rule, empty, 1_000_000)).toMatchObject({ isAllowed: true, remaining: 9 });
  });

  it('only looks where the cost is 0', () => {
    expect(take(rule, { tokens: 1, at: 0 }, 0, 0)).toMatchObject({ isAllowed: true, remaining: 1 });
    expect(take(rule, { tokens: 0.9, at: 0 }, 0, 0)).toMatchObject({ isAllowed: false });
  });

  it('gives nothing for a clock that goes back', () => {
    const { level } = take(rule, { tokens: 1, at: 5000 }, 5000);
    expect(take(rule, level, 0).isAllowed).toBe(false);
    expect(take(rule, take(rule, level, 0).level, 5050).isAllowed).toBe(false);
  });

  it('never lets through more than quota and what flowed in since, in any stretch of time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 80 }), (gaps) => {
        let now = 0;
        const times = gaps.map((gap) => {
          now += gap;
          return now;
        });
        const allowed = allowedAt(times);
        const passed = times.filter((_, index) => allowed[index]);
        for (const [first, start] of passed.entries()) {
          for (const [last, end] of passed.entries()) {
            if (last < first) continue;
            const most = rule.quota + ((end - start) * rule.quota) / rule.windowMs;
            expect(last - first + 1).toBeLessThanOrEqual(most + 1e-6);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
