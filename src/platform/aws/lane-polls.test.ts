import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Lane } from '../../pipeline/queue.ts';
import { createLanePolls, type LanePolls, type LookTerms } from './lane-polls.ts';

interface Message {
  readonly lane: Lane;
  readonly name: string;
}

/** Two queues in memory that answer as SQS does: at once where there is something, else after the time asked for. */
function openQueues() {
  const waiting: Record<Lane, Message[]> = { interactive: [], background: [] };
  const looks: (LookTerms & { lane: Lane })[] = [];
  const givenBack: string[] = [];
  let fault: Error | undefined;
  return {
    looks,
    givenBack,
    fail(error: Error | undefined) {
      fault = error;
    },
    put(lane: Lane, ...names: string[]) {
      waiting[lane].push(...names.map((name) => ({ lane, name })));
    },
    async look(lane: Lane, terms: LookTerms): Promise<Message[]> {
      looks.push({ ...terms, lane });
      if (fault) throw fault;
      for (let waited = 0; waited < terms.waitMs && waiting[lane].length === 0; waited += 5) await sleep(5);
      return waiting[lane].splice(0, terms.max);
    },
    async giveBack(messages: readonly Message[]) {
      givenBack.push(...messages.map(({ name }) => name));
    },
  };
}

describe('looks into two lanes', () => {
  let queues: ReturnType<typeof openQueues>;
  let polls: LanePolls<Message>;
  beforeEach(() => {
    queues = openQueues();
    polls = createLanePolls({ ...queues, laneOf: ({ lane }) => lane, longestLookMs: 200 });
  });
  afterEach(() => polls.close());

  const receive = async (max = 1, waitMs = 0, signal?: AbortSignal) =>
    (await polls.receive({ max, waitMs, leaseMs: 60_000, ...(signal && { signal }) })).map(
      ({ name }) => name,
    );

  it('one that finds what it needs asks once', async () => {
    queues.put('interactive', 'a', 'b');
    expect(await receive(2)).toEqual(['a', 'b']);
    expect(queues.looks).toEqual([{ lane: 'interactive', max: 2, waitMs: 0, leaseMs: 60_000 }]);
  });

  it('many who ask together share requests', async () => {
    queues.put('interactive', ...Array.from({ length: 10 }, (_, number) => `m${number}`));
    const answers = await Promise.all(Array.from({ length: 10 }, () => receive()));
    expect(new Set(answers.flat()).size).toBe(10);
    expect(queues.looks.length).toBeLessThanOrEqual(3);
  });

  it('while nothing is there, one look waits in each lane for all', async () => {
    await Promise.all(Array.from({ length: 6 }, () => receive(1, 150)));
    const open = queues.looks.filter(({ waitMs }) => waitMs > 0);
    expect(open.map(({ lane }) => lane).sort()).toEqual(['background', 'interactive']);
  });

  it('the background has its share, however many others wait', async () => {
    queues.put('interactive', ...Array.from({ length: 100 }, (_, number) => `i${number}`));
    queues.put('background', ...Array.from({ length: 100 }, (_, number) => `b${number}`));
    const names: string[] = [];
    for (let round = 0; round < 48; round += 1) names.push(...(await receive()));
    const background = names.filter((name) => name.startsWith('b')).length;
    expect(background).toBe(4);
    expect(names.slice(0, 11).every((name) => name.startsWith('i'))).toBe(true);
  });

  it("what came for somebody who has left is the next one's", async () => {
    const leaving = new AbortController();
    const waiting = receive(1, 10_000, leaving.signal);
    await expect.poll(() => queues.looks.filter(({ waitMs }) => waitMs > 0).length).toBe(2);
    leaving.abort();
    expect(await waiting).toEqual([]);
    queues.put('background', 'a');
    await expect.poll(() => receive()).toEqual(['a']);
    expect(queues.givenBack).toEqual([]);
  });

  it('what nobody takes is given back', async () => {
    const leaving = new AbortController();
    const waiting = receive(1, 10_000, leaving.signal);
    await expect.poll(() => queues.looks.filter(({ waitMs }) => waitMs > 0).length).toBe(2);
    leaving.abort();
    await waiting;
    queues.put('interactive', 'a');
    await polls.close();
    expect(queues.givenBack).toEqual(['a']);
  });

  it('a fault is told to all who ask, and the next look may succeed', async () => {
    queues.fail(new Error('away'));
    const asked = await Promise.allSettled([receive(1, 50), receive(1, 50)]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    queues.fail(undefined);
    queues.put('interactive', 'a');
    expect(await receive(1, 50)).toEqual(['a']);
  });

  it('nobody gets anything once it is closed', async () => {
    const waiting = receive(1, 10_000);
    await polls.close();
    expect(await waiting).toEqual([]);
    queues.put('interactive', 'a');
    expect(await receive()).toEqual([]);
  });
});
