import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createBatches } from './batches.ts';

function open(refused: ReadonlyMap<string, Error> = new Map()) {
  const sent: string[][] = [];
  const batches = createBatches<string>({
    lingerMs: 20,
    most: 3,
    async send(entries) {
      await sleep(1);
      sent.push([...entries]);
      if (refused.has('all')) throw refused.get('all');
      return new Map(
        entries.flatMap((entry, index) => {
          const error = refused.get(entry);
          return error ? [[index, error] as const] : [];
        }),
      );
    },
  });
  return { sent, batches };
}

it('what comes together goes together, as many as fit', async () => {
  const { sent, batches } = open();
  await Promise.all(['a', 'b', 'c', 'd'].map((entry) => batches.add(entry)));
  expect(sent).toEqual([['a', 'b', 'c'], ['d']]);
});

it('a flush waits for nobody else', async () => {
  const { sent, batches } = open();
  const added = batches.add('a');
  await batches.flush();
  expect(sent).toEqual([['a']]);
  await added;
  await batches.flush();
  expect(sent).toHaveLength(1);
});

it('one that is refused does not harm the others', async () => {
  const { batches } = open(new Map([['b', new Error('no b')]]));
  const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((entry) => batches.add(entry)));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

it('all of a batch learn that it failed', async () => {
  const { batches } = open(new Map([['all', new Error('away')]]));
  const outcomes = await Promise.allSettled(['a', 'b'].map((entry) => batches.add(entry)));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
