import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFakeClock } from '../images/clock.contract.ts';
import { openTestPlatform, type TestPlatform } from '../platform/embedded/testing/data-folder.ts';
import { createLiveEvents } from './live-events.ts';
import { startRelay } from './relay.ts';
import { lineEvent } from './sink-lines.contract.ts';
import { type SinkRunner, type SinkRunnerDeps, startSinkRunner } from './sink-runner.ts';

const log = pino({ level: 'silent' });
let platform: TestPlatform;
const runners: SinkRunner[] = [];

beforeEach(async () => {
  platform = await openTestPlatform(createFakeClock(), 'none');
});
afterEach(async () => {
  for (const runner of runners.splice(0)) await runner.stop();
  await platform.close();
});

function start(deliver: SinkRunnerDeps['deliver'], options: Partial<SinkRunnerDeps> = {}): SinkRunner {
  const runner = startSinkRunner({
    ...{ sink: 'a', lines: platform.sinkLines, deliver, log, backOffMs: 5, pollMs: 3_600_000 },
    ...options,
  });
  runners.push(runner);
  return runner;
}

async function lineIsEmpty(sink = 'a'): Promise<void> {
  await vi.waitFor(async () => expect((await platform.sinkLines.depth(sink)).waiting).toBe(0));
}

const events = Array.from({ length: 25 }, (_, n) => lineEvent(n));

describe('the line of a sink', () => {
  it('is emptied in order, in batches', async () => {
    const batches: string[][] = [];
    await platform.sinkLines.add(['a'], events);
    start(async (given) => void batches.push(given.map(({ id }) => id)), { batch: 10 });
    await lineIsEmpty();
    expect(batches.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(batches.flat()).toEqual(events.map(({ id }) => id));
  });

  it('is served when woken', async () => {
    const runner = start(async () => {});
    await new Promise((resolve) => setTimeout(resolve, 20));
    await platform.sinkLines.add(['a'], events);
    runner.wake();
    await lineIsEmpty();
  });

  it('loses nothing to faults, and keeps its order', async () => {
    const delivered: string[] = [];
    let faults = 3;
    await platform.sinkLines.add(['a'], events);
    start(
      async (given) => {
        if (faults > 0) {
          faults -= 1;
          throw new Error('away');
        }
        delivered.push(...given.map(({ id }) => id));
      },
      { batch: 10 },
    );
    await lineIsEmpty();
    expect(delivered).toEqual(events.map(({ id }) => id));
  });

  it('keeps what was under way when it stops, and is not held up by it', async () => {
    await platform.sinkLines.add(['a'], events);
    const runner = start((_, signal) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await runner.stop();
    expect((await platform.sinkLines.depth('a')).waiting).toBe(events.length);
  });
});

describe('the relay and the lines', () => {
  it('an event is in every line before it counts as handed on', async () => {
    const { queue, sinkLines } = platform;
    const marked: string[] = [];
    const seen: number[] = [];
    let woken = 0;
    const relay = startRelay({
      queue,
      log,
      live: createLiveEvents(),
      sinks: { lines: sinkLines, names: ['a', 'b'], wake: () => (woken += 1) },
      events: {
        undelivered: async () => events.filter(({ id }) => !marked.includes(id)),
        async delivered(ids) {
          seen.push((await sinkLines.depth('a')).waiting, (await sinkLines.depth('b')).waiting);
          marked.push(...ids);
        },
      },
    });
    await vi.waitFor(() => expect(marked).toHaveLength(events.length));
    await relay.stop();
    expect(seen).toEqual([events.length, events.length]);
    expect(woken).toBe(1);
  });

  it('an event that cannot be put into a line is not marked', async () => {
    const marked: string[] = [];
    let faults = 2;
    const relay = startRelay({
      queue: platform.queue,
      log,
      backOffMs: 5,
      live: createLiveEvents(),
      sinks: {
        names: ['a'],
        wake() {},
        lines: {
          async add(sinks, given) {
            faults -= 1;
            if (faults >= 0) throw new Error('no room');
            await platform.sinkLines.add(sinks, given);
          },
        },
      },
      events: {
        undelivered: async () => events.filter(({ id }) => !marked.includes(id)),
        delivered: async (ids) => void marked.push(...ids),
      },
    });
    await vi.waitFor(() => expect(marked).toHaveLength(events.length));
    await relay.stop();
    expect(await platform.sinkLines.waiting('a', 100)).toEqual(events);
  });
});
