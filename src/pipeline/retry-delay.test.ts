import { describe, expect, it } from 'vitest';
import { retryDelayMs } from './retry-delay.ts';

describe('the pause before another attempt', () => {
  it.each([
    [1, 1000],
    [2, 2000],
    [3, 4000],
    [4, 8000],
    [6, 32_000],
    [7, 60_000],
    [1000, 60_000],
  ])('after attempt %i is %i ms, give or take a quarter', (attempt, milliseconds) => {
    expect(retryDelayMs(attempt, 0.5)).toBe(milliseconds);
    expect(retryDelayMs(attempt, 0)).toBe(milliseconds * 0.75);
    expect(retryDelayMs(attempt, 1)).toBe(milliseconds * 1.25);
    // queues take no fractions
    expect(retryDelayMs(attempt) % 1).toBe(0);
  });
});
