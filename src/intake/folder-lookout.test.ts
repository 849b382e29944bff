import type { BigIntStats } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { createLookout, type Lookout } from './folder-lookout.ts';
import type { DroppedFile } from './folder-scan.ts';

let lookout: Lookout;

beforeEach(() => {
  lookout = createLookout({ settleMs: 1_000 });
});

function file(name: string, facts: { size?: bigint; mtimeNs?: bigint; ino?: bigint } = {}): DroppedFile {
  const stats = { dev: 1n, ino: 1n, size: 5n, mtimeNs: 1n, ...facts } as BigIntStats;
  return { path: Buffer.from(name), place: name, stats };
}

describe('a dropped file', () => {
  it('is taken once it was seen unchanged for long enough, whatever its date', () => {
    expect([0, 500, 999, 1_000].map((now) => lookout.sees(file('a', { mtimeNs: 0n }), now))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it.each([
    ['it grows', { size: 6n }],
    ['it is written again', { mtimeNs: 2n }],
    ['another file takes its name', { ino: 2n }],
  ])('has to be still anew where %s', (_, change) => {
    lookout.sees(file('a'), 0);
    expect(lookout.sees(file('a', change), 900)).toBe(false);
    expect(lookout.sees(file('a', change), 1_899)).toBe(false);
    expect(lookout.sees(file('a', change), 1_900)).toBe(true);
  });

  it('that is empty gets more time: somebody is about to write it', () => {
    lookout.sees(file('a', { size: 0n }), 0);
    expect(lookout.sees(file('a', { size: 0n }), 9_999)).toBe(false);
    expect(lookout.sees(file('a', { size: 0n }), 10_000)).toBe(true);
  });

  it('that cannot be taken is tried again, later each time, but at least every minute', () => {
    const tries: number[] = [];
    for (let now = 0; now < 400_000; now += 500) {
      if (!lookout.sees(file('a'), now)) continue;
      tries.push(now);
      lookout.postpone(file('a'), now);
    }
    const pauses = tries.slice(1).map((now, index) => now - (tries[index] ?? 0));
    expect(pauses).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('that cannot be removed is left alone until it changes', () => {
    lookout.sees(file('a'), 0);
    lookout.leave(file('a'));
    expect(lookout.sees(file('a'), 1_000_000)).toBe(false);
    lookout.sees(file('a', { size: 6n }), 1_000_000);
    expect(lookout.sees(file('a', { size: 6n }), 1_001_000)).toBe(true);
  });

  it('that went and came back has to be still anew', () => {
    lookout.sees(file('a'), 0);
    lookout.endOfLook();
    lookout.endOfLook();
    expect(lookout.sees(file('a'), 1_000)).toBe(false);
  });

  it('says when it is worth to look again', () => {
    expect(lookout.msToNext(0)).toBe(Number.POSITIVE_INFINITY);
    lookout.sees(file('a'), 100);
    lookout.sees(file('b'), 200);
    expect(lookout.msToNext(300)).toBe(800);
    expect(lookout.msToNext(5_000)).toBe(0);
  });
});
