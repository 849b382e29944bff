import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createProgress } from './progress.ts';
import { createRoom } from './room.ts';

describe('the position of a partition', () => {
  it('is nowhere before the first message', () => {
    expect(createProgress().position()).toBeUndefined();
  });

  it('stays before the first that is not finished, whatever is finished after it', () => {
    const progress = createProgress();
    for (const offset of [5n, 6n, 9n]) progress.begin(offset);
    progress.finish(9n);
    progress.finish(6n);
    expect(progress.position()).toBe(5n);
    progress.finish(5n);
    expect(progress.position()).toBe(10n);
  });

  it('never passes what is not finished, in any order and with any gaps', () => {
    const offsets = fc.uniqueArray(fc.bigInt(0n, 200n), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(offsets, fc.infiniteStream(fc.nat()), (unsorted, numbers) => {
        const sorted = unsorted.toSorted((a, b) => (a < b ? -1 : 1));
        const progress = createProgress();
        for (const offset of sorted) progress.begin(offset);
        const open = [...sorted];
        while (open.length > 0) {
          const [offset = 0n] = open.splice((numbers.next().value ?? 0) % open.length, 1);
          progress.finish(offset);
          expect(progress.position()).toBe(open[0] ?? (sorted.at(-1) ?? 0n) + 1n);
        }
      }),
    );
  });
});

describe('room for messages', () => {
  const none = new AbortController().signal;

  it('is shared by bytes and by number, and one alone is let in whatever its size', async () => {
    const room = createRoom({ bytes: 10, messages: 2 });
    expect(await room.take(50, none)).toBe(true);
    let isIn = false;
    const waiting = room.take(5, none).then(() => {
      isIn = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(isIn).toBe(false);
    room.give(50);
    await waiting;
    expect(await room.take(5, none)).toBe(true);
    const third = room.take(0, none);
    room.give(5);
    expect(await third).toBe(true);
  });

  it('is not taken by who gave up waiting', async () => {
    const room = createRoom({ bytes: 1, messages: 1 });
    await room.take(1, none);
    const leaving = new AbortController();
    const waiting = room.take(1, leaving.signal);
    leaving.abort();
    expect(await waiting).toBe(false);
    room.give(1);
    expect(await room.take(1, none)).toBe(true);
  });
});
