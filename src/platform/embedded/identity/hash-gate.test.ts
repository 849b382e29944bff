import { expect, it } from 'vitest';
import { createHashGate } from './hash-gate.ts';

/** Work that ends when it is told to. */
function works(count: number) {
  const gate = createHashGate();
  let running = 0;
  let most = 0;
  const ends: (() => void)[] = [];
  const all = Array.from({ length: count }, (_, index) =>
    gate(async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((end) => ends.push(end));
      running--;
      if (index === 1) throw new Error('of the work itself');
      return index;
    }),
  );
  const settled = Promise.allSettled(all);
  return { settled, most: () => most, endNext: () => ends.shift()?.() };
}

it('lets two run at a time, in the order in which they came, whatever becomes of them', async () => {
  const { settled, most, endNext } = works(7);
  const ticking = setInterval(endNext, 1);
  const results = await settled;
  clearInterval(ticking);
  expect(most()).toBe(2);
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    ...Array(5).fill('fulfilled'),
  ]);
});

it('sends away who would wait behind a hundred', async () => {
  const { settled, endNext } = works(105);
  const ticking = setInterval(endNext, 0);
  const results = await settled;
  clearInterval(ticking);
  const refused = results.filter(
    (result) => result.status === 'rejected' && result.reason.code === 'overloaded',
  );
  expect(refused).toHaveLength(3);
});
