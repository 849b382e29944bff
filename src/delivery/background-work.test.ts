import { describe, expect, it } from 'vitest';
import { BackgroundWork } from './background-work.ts';

function open(atOnce: number, mostWaiting: number) {
  const background = new BackgroundWork({ atOnce, mostWaiting });
  const ends = new Map<string, () => void>();
  const begun: string[] = [];
  const add = (key: string) =>
    background.add(key, () => {
      begun.push(key);
      return new Promise<void>((resolve) => ends.set(key, resolve));
    });
  const end = async (key: string) => {
    ends.get(key)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { background, begun, add, end };
}

describe('background work', () => {
  it('is done in the order it came, so many at once', async () => {
    const { begun, add, end } = open(2, 10);
    for (const key of ['a', 'b', 'c', 'd']) add(key);
    expect(begun).toEqual(['a', 'b']);
    await end('b');
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('is taken on once for each key, until it is done', async () => {
    const { begun, add, end } = open(1, 10);
    expect(['a', 'a', 'b', 'b'].map(add)).toEqual([true, true, true, true]);
    await end('a');
    await end('b');
    expect(begun).toEqual(['a', 'b']);
    add('a');
    expect(begun).toEqual(['a', 'b', 'a']);
  });

  it('is dropped where there is too much of it', () => {
    const { background, add } = open(1, 2);
    expect(['a', 'b', 'c', 'd'].map(add)).toEqual([true, true, true, false]);
    expect(background.waiting).toBe(2);
  });

  it('stops with what is under way', async () => {
    const { background, begun, add, end } = open(1, 10);
    add('a');
    add('b');
    let isStopped = false;
    const stopping = background.stop().then(() => {
      isStopped = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isStopped).toBe(false);
    await end('a');
    await stopping;
    expect(add('c')).toBe(false);
    expect(begun).toEqual(['a']);
  });
});
