import { describe, expect, it } from 'vitest';
import type { RenderParty } from './renderers.ts';
import { type Waiting, WaitingLine } from './waiting-line.ts';

interface Task extends Waiting {
  readonly name: string;
}

const task = (name: string, party: RenderParty, estimatedBytes = 1): Task => ({
  ...{ name, party, kind: 'render', estimatedBytes },
});

/** A pool with so many places; each takes the next task as soon as it is free. */
function workThrough(processes: number, tasks: readonly Task[], lasts: Record<RenderParty, number>) {
  const line = new WaitingLine<Task>(1000);
  for (const one of tasks) line.add(one);
  const running: { task: Task; until: number }[] = [];
  const log: { name: string; at: number }[] = [];
  for (let at = 0; line.length > 0 || running.length > 0; at += 1) {
    for (const done of running.filter(({ until }) => until <= at)) running.splice(running.indexOf(done), 1);
    for (;;) {
      const count = (party: RenderParty) => running.filter((one) => one.task.party === party).length;
      const next = line.take({
        renders: processes - running.length,
        freeBytes: 100,
        isAlone: running.length === 0,
        underWay: { pipeline: count('pipeline'), delivery: count('delivery') },
      });
      if (!next) break;
      running.push({ task: next, until: at + lasts[next.party] });
      log.push({ name: next.name, at });
    }
  }
  return log;
}

const flood = (party: RenderParty, count: number) =>
  Array.from({ length: count }, (_, number) => task(`${party} ${number}`, party));
const lasts = { pipeline: 1, delivery: 1 };

describe('a line of two parties', () => {
  it.each([1, 2, 3, 8])('on %i processes lets neither keep out the other', (processes) => {
    for (const [many, few] of [
      ['delivery', 'pipeline'],
      ['pipeline', 'delivery'],
    ] as const) {
      const log = workThrough(processes, [...flood(many, 200), ...flood(few, 10)], lasts);
      const lastOfFew = log.findIndex(({ name }) => name === `${few} 9`);
      expect(lastOfFew).toBeLessThan(30);
    }
  });

  it('gives each a process of its own where the work of one is slow', () => {
    const slow = { pipeline: 1, delivery: 100 };
    const log = workThrough(2, [...flood('delivery', 5), ...flood('pipeline', 50)], slow);
    const ends = log.find(({ name }) => name === 'pipeline 49');
    expect(ends?.at).toBeLessThan(60);
  });

  it('gives one party everything where the other has nothing to do', () => {
    const log = workThrough(4, flood('delivery', 8), lasts);
    expect(log.map(({ at }) => at)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  });

  it('keeps the order of each', () => {
    const log = workThrough(2, [...flood('delivery', 5), ...flood('pipeline', 5)], lasts);
    for (const party of ['delivery', 'pipeline']) {
      const names = log.map(({ name }) => name).filter((name) => name.startsWith(party));
      expect(names).toEqual([0, 1, 2, 3, 4].map((number) => `${party} ${number}`));
    }
  });

  it('lets nothing overtake the one whose turn it is, though it does not fit', () => {
    const line = new WaitingLine<Task>(10);
    line.add(task('large', 'pipeline', 90));
    line.add(task('small', 'delivery', 1));
    const room = { renders: 1, freeBytes: 50, isAlone: false, underWay: { pipeline: 0, delivery: 1 } };
    expect(line.take(room)).toBeUndefined();
    expect(line.take({ ...room, freeBytes: 95 })?.name).toBe('large');
  });
});
