import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Arrivals } from './arrivals.ts';

it('begins what arrives at once in its order, so many in each turn', async () => {
  const begun: number[] = [];
  const arrivals = new Arrivals(3);
  for (let index = 0; index < 8; index++) arrivals.begin(() => begun.push(index));
  const seen = [begun.length];
  for (let index = 0; index < 3; index++) {
    await turn();
    seen.push(begun.length);
  }
  expect(seen).toEqual([3, 6, 8, 8]);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

it('lets nobody overtake those who wait', async () => {
  const begun: string[] = [];
  const arrivals = new Arrivals(1);
  for (const name of ['one', 'two', 'three']) arrivals.begin(() => begun.push(name));
  await turn();
  arrivals.begin(() => begun.push('late'));
  for (let index = 0; index < 3; index++) await turn();
  expect(begun).toEqual(['one', 'two', 'three', 'late']);
});

it('begins at once what comes alone', async () => {
  const arrivals = new Arrivals(1);
  for (let index = 0; index < 3; index++) {
    let isBegun = false;
    arrivals.begin(() => {
      isBegun = true;
    });
    expect(isBegun).toBe(true);
    await turn();
    await turn();
  }
});
