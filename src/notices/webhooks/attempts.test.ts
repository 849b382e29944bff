import { describe, expect, it } from 'vitest';
import { outcomeOf, RETRY_DELAYS } from './attempts.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const down = { error: 'connection_refused' } as const;
const answered = (status: number, retryAfterMs?: number) => ({
  status,
  response: '',
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});

describe('attempts', () => {
  it('go on for about a day', () => {
    const total = RETRY_DELAYS.reduce((sum, delay) => sum + delay, 0);
    expect(total / HOUR).toBeGreaterThan(24);
    expect(total / HOUR).toBeLessThan(30);
    expect(RETRY_DELAYS).toEqual(RETRY_DELAYS.toSorted((a, b) => a - b));
  });

  it.each([200, 201, 202, 204, 299])('end with %i', (status) => {
    expect(outcomeOf(answered(status), 1, 0, 0)).toEqual({ state: 'delivered' });
  });

  it.each([301, 302, 307, 400, 401, 404, 429, 500, 503])('go on after %i', (status) => {
    expect(outcomeOf(answered(status), 1, 1_000, 0)).toEqual({ state: 'pending', retryAt: 6_000 });
  });

  const cases: [name: string, of: Parameters<typeof outcomeOf>, expected: object][] = [
    ['the first pause', [down, 1, 0, 0], { state: 'pending', retryAt: 5_000 }],
    ['with as much chance as there is', [down, 1, 0, 1], { state: 'pending', retryAt: 6_000 }],
    ['the last pause', [down, RETRY_DELAYS.length, 0, 0], { state: 'pending', retryAt: 10 * HOUR }],
    ['no pause after the last', [down, RETRY_DELAYS.length + 1, 0, 0], { state: 'failed' }],
    ['gone', [answered(410), 1, 0, 0], { state: 'failed' }],
    ['as the answer asks', [answered(503, MINUTE), 1, 0, 0], { state: 'pending', retryAt: MINUTE }],
    [
      'no sooner because the answer asks',
      [answered(503, 1), 4, 0, 0],
      { state: 'pending', retryAt: 10 * MINUTE },
    ],
    ['a year, asked for', [answered(503, 9e12), 1, 0, 0], { state: 'pending', retryAt: 24 * HOUR }],
  ];
  it.each(cases)('%s', (_name, of, expected) => {
    expect(outcomeOf(...of)).toEqual(expected);
  });
});
