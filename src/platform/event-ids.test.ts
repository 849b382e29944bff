import { describe, expect, it } from 'vitest';
import { firstEventId, nextEventId } from './event-ids.ts';

const NOW = Date.UTC(2026, 10, 20);

describe('ids of events', () => {
  it('grow, also within a millisecond and when the clock goes back', () => {
    let last: string | undefined;
    for (const step of [0, 0, 0, 1, -1_000, 0, 5_000, -86_400_000, 0]) {
      for (let count = 0; count < 200; count += 1) {
        const next = nextEventId(last, NOW + step);
        expect(next).toMatch(/^[0-9a-f]{24}$/);
        if (last !== undefined) expect(next > last).toBe(true);
        last = next;
      }
    }
  });

  it('tell the time of their event', () => {
    const id = nextEventId(undefined, NOW);
    expect(id >= firstEventId(NOW)).toBe(true);
    expect(id < firstEventId(NOW + 1)).toBe(true);
    expect(firstEventId(-5)).toBe(firstEventId(0));
  });
});
