import { expect, it } from 'vitest';
import { createMemoryBuckets } from './memory-buckets.ts';

const rule = { quota: 2, windowMs: 1000 };

function open(most?: number) {
  const time = { now: 0 };
  const buckets = createMemoryBuckets({
    monotonic: () => time.now,
    ...(most === undefined ? {} : { most }),
  });
  return { time, allowed: (name: string) => buckets.take(name, rule).isAllowed };
}

it('keeps names apart, and fills them again', () => {
  const { time, allowed } = open();
  expect([allowed('a'), allowed('a'), allowed('a'), allowed('b')]).toEqual([true, true, false, true]);
  time.now = 500;
  expect([allowed('a'), allowed('a')]).toEqual([true, false]);
});

it('holds no more than it may: the one that was not used for longest goes', () => {
  const { allowed } = open(2);
  for (const name of ['a', 'a', 'b', 'b', 'a', 'c']) allowed(name);
  // b has gone and is full again; a was used since.
  expect([allowed('a'), allowed('b')]).toEqual([false, true]);
});
