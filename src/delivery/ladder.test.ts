import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalQuery } from './grammar/canonical.ts';
import { parseDelivery } from './grammar/parse.ts';
import { onLadder, RUNGS, rungFor } from './ladder.ts';

const held = (query: string) => canonicalQuery(onLadder(parseDelivery(query)));

describe('the ladder of sizes', () => {
  it('goes up to the largest side that is delivered, in steps that nobody notices', () => {
    expect([RUNGS[0], RUNGS.at(-1)]).toEqual([16, 8192]);
    expect(RUNGS).toEqual([...new Set(RUNGS)].sort((one, other) => one - other));
    for (const [at, rung] of RUNGS.entries()) {
      const before = RUNGS[at - 1] ?? 0;
      if (before >= 100) expect(rung / before, `${before} to ${rung}`).toBeLessThan(1.17);
    }
  });

  it.each([
    ['what is on it stays', 'w=300', 'w=300'],
    ['the nearest rung up', 'w=301', 'w=320'],
    ['a height too', 'h=1', 'h=16'],
    ['a thumb of a pixel', 'w=1', 'w=16'],
    ['the largest', 'w=8191', 'w=8192'],
    ['both on it', 'w=640&h=360', 'w=640&h=360'],
    ['proportions are kept', 'w=601&h=301', 'w=630&h=316'],
    ['proportions of what stands', 'w=301&h=601', 'w=316&h=630'],
    ['a line', 'w=1000&h=1', 'w=1000&h=4'],
    ['a square', 'w=333&h=333', 'w=350&h=350'],
    ['shares', 'w=0.333&h=0.5', 'w=0.35&h=0.5'],
    ['a share beside pixels', 'w=0.01&h=333', 'w=0.05&h=350'],
    ['densities that srcsets name', 'w=300&dpr=2', 'w=300&dpr=2'],
    ['others', 'w=300&dpr=1.7', 'w=300&dpr=2'],
    ['bounds', 'h=300&fit=crop&min-w=333&max-w=777', 'h=300&fit=crop&min-w=350&max-w=799'],
    ['a square near the most pixels: down', 'w=6300&h=6300&fit=crop', 'w=6016&h=6016&fit=crop'],
    ['a side and proportions near the most', 'w=6800&ar=7:6&fit=crop', 'w=6380&ar=7:6&fit=crop'],
    ['a density that would be too much', 'w=2750&dpr=2.9', 'w=2619&dpr=3'],
    ['both sides, and such a density', 'w=2560&h=2000&dpr=2.6&fit=scale', 'w=2257&h=1764&dpr=3&fit=scale'],
    ['what is too much as it is asked for', 'w=8192&h=8000&fit=crop', 'w=8192&h=8000&fit=crop'],
    ['everything else stays', 'w=300&blur=7&q=33&fm=webp', 'w=300&fm=webp&q=33&blur=7'],
  ])('%s: %s', (_name, query, expected) => {
    expect(held(query)).toBe(canonicalQuery(parseDelivery(expected)));
  });

  it('makes nothing too large that was not', () => {
    const side = fc.integer({ min: 1, max: 8192 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 50 }), (w, h, tenths) => {
        const dpr = tenths / 10;
        const isDeliverable = (across: number, down: number) =>
          Math.max(across, down) <= 8192 && Math.round(across) * Math.round(down) <= 40_000_000;
        fc.pre(isDeliverable(w * dpr, h * dpr));
        const { size } = onLadder(parseDelivery(`w=${w}&h=${h}&dpr=${dpr}&fit=crop`));
        const [across = 0, down = 0] = [size.width, size.height].map((length) =>
          length && 'px' in length ? length.px * (size.dpr ?? 1) : 0,
        );
        return isDeliverable(across, down);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps the proportions of a box, enlarges it, and leaves what it has made', () => {
    const side = fc.integer({ min: 1, max: 8192 });
    fc.assert(
      fc.property(side, side, (w, h) => {
        // so far below the most pixels that the rung above it is too
        fc.pre(rungFor(Math.max(w, h)) ** 2 * (Math.min(w, h) / Math.max(w, h)) < 39_000_000);
        const { width, height } = onLadder(parseDelivery(`w=${w}&h=${h}&fit=crop`)).size;
        const [across, down] = [width, height].map((length) => (length && 'px' in length ? length.px : 0));
        if (!across || !down) throw new Error('a side is gone');
        const [longer, shorter] = w >= h ? [across, down] : [down, across];
        expect(longer).toBeGreaterThanOrEqual(Math.max(w, h));
        const exactly = (longer * Math.min(w, h)) / Math.max(w, h);
        expect(Math.abs(shorter - exactly)).toBeLessThanOrEqual(Math.max(1, longer / 250));
        const again = onLadder(parseDelivery(`w=${across}&h=${down}&fit=crop`)).size;
        expect([again.width, again.height]).toEqual([width, height]);
      }),
      { numRuns: 2000 },
    );
  });
});
