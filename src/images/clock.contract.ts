import { describe, expect, it } from 'vitest';
import type { Clock } from './clock.ts';

/** A clock whose time the test lets pass: a made one jumps, the real one waits. */
export interface ControlledClock extends Clock {
  /** @param milliseconds may be negative where the clock can go back */
  advance(milliseconds: number): Promise<void>;
}

export function createFakeClock(start = Date.UTC(2026, 0, 1)): ControlledClock {
  let now = start;
  return {
    now: () => now,
    async advance(milliseconds) {
      now += milliseconds;
    },
  };
}

export function clockContract(name: string, open: () => Clock): void {
  describe(`${name} keeps the Clock contract`, () => {
    it('tells whole milliseconds since 1970', () => {
      const now = open().now();
      expect(Number.isSafeInteger(now)).toBe(true);
      expect(new Date(now).getUTCFullYear()).toBeGreaterThanOrEqual(2024);
    });

    it('does not go back while nobody sets it', () => {
      const clock = open();
      const times = Array.from({ length: 1_000 }, () => clock.now());
      expect(times).toEqual(times.toSorted((one, other) => one - other));
    });
  });
}
