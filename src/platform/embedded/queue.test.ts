import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../images/clock.contract.ts';
import { someWork } from '../../pipeline/queue.contract.ts';
import { type Database, openDatabase } from './database.ts';
import { createQueue, type EmbeddedQueue, MOST_INTERRUPTIONS } from './queue.ts';
import { newFolder } from './testing/data-folder.ts';

const LEASE = 60_000;
const HOUR = 3_600_000;

let folder: string;
let databases: Database[];
let wall: ReturnType<typeof createFakeClock>;
/** CLOCK_MONOTONIC, milliseconds */
let uptime: number;

beforeEach(async () => {
  folder = await newFolder();
  databases = [];
  wall = createFakeClock();
  uptime = 1_000_000;
});
afterEach(async () => {
  for (const database of databases) database.close();
  await rm(folder, { recursive: true, force: true });
});

/** The queue as another process sees it; the first process may be dead or alive. */
function openQueue(): EmbeddedQueue {
  const database = openDatabase(join(folder, 'test.db'), { durability: 'none' });
  databases.push(database);
  return createQueue({ database, clock: wall, monotonic: () => uptime });
}

/** What a server does that starts after another has died. */
function restart(): EmbeddedQueue {
  const queue = openQueue();
  queue.recover();
  return queue;
}

const pass = async (milliseconds: number) => {
  uptime += milliseconds;
  await wall.advance(milliseconds);
};
const send = (queue: EmbeddedQueue, image: string, delayMs = 0) =>
  queue.send(someWork(image), { lane: 'interactive', dedupeId: image, delayMs });
const receive = (queue: EmbeddedQueue) => queue.receive({ max: 10, waitMs: 0, leaseMs: LEASE });
const images = async (queue: EmbeddedQueue) => (await receive(queue)).map(({ work }) => work.image_id);

describe('after a restart', () => {
  it('what waits is still there, in order', async () => {
    const first = openQueue();
    for (const image of ['a', 'b', 'c']) await send(first, image);
    expect(await images(restart())).toEqual(['a', 'b', 'c']);
  });

  it('what was in flight is visible at once, and that receive does not count', async () => {
    const first = openQueue();
    await send(first, 'a');
    await receive(first);
    expect(await receive(restart())).toMatchObject([{ work: someWork('a'), receives: 1 }]);
  });

  it('the lease of the dead is lost', async () => {
    const first = openQueue();
    await send(first, 'a');
    const [held] = await receive(first);
    if (held === undefined) throw new Error('nothing was received');
    const second = restart();
    await expect(first.extend(held, LEASE)).rejects.toMatchObject({ code: 'stale_write' });
    await first.complete(held);
    expect(await images(second)).toEqual(['a']);
  });

  it(`interruptions count as receives from the ${MOST_INTERRUPTIONS + 1}st on: the message may be what kills`, async () => {
    await send(openQueue(), 'a');
    const counts: number[] = [];
    for (let start = 0; start < MOST_INTERRUPTIONS + 3; start += 1) {
      const [delivery] = await receive(restart());
      counts.push(delivery?.receives ?? 0);
    }
    const refunded = Array.from({ length: MOST_INTERRUPTIONS + 1 }, () => 1);
    expect(counts).toEqual([...refunded, 2, 3]);
  });

  it('a delay goes on where it was', async () => {
    await send(openQueue(), 'a', 10_000);
    await pass(4_000);
    const queue = restart();
    await pass(5_999);
    expect(await images(queue)).toEqual([]);
    await pass(1);
    expect(await images(queue)).toEqual(['a']);
  });

  it('of the machine, what waits is visible and a delay goes on by the wall clock', async () => {
    const first = openQueue();
    for (const image of ['a', 'b']) await send(first, image);
    await send(first, 'later', 10_000);
    uptime = 5;
    await wall.advance(4_000);
    const queue = restart();
    expect(await images(queue)).toEqual(['a', 'b']);
    await pass(5_999);
    expect(await images(queue)).toEqual([]);
    await pass(1);
    expect(await images(queue)).toEqual(['later']);
  });

  it.each([-HOUR, -8 * 24 * HOUR])(
    'with the wall clock %i ms back, a delay is not longer than it was',
    async (jump) => {
      await send(openQueue(), 'a', 10_000);
      uptime = 5;
      await wall.advance(jump);
      const queue = restart();
      await pass(10_000);
      expect(await images(queue)).toEqual(['a']);
    },
  );
});

describe('while it runs', () => {
  it.each([-HOUR, HOUR, 8 * 24 * HOUR])(
    'a jump of the wall clock by %i ms moves no lease and no delay',
    async (jump) => {
      const queue = openQueue();
      await send(queue, 'a');
      await receive(queue);
      await send(queue, 'b', LEASE);
      await wall.advance(jump);
      await pass(LEASE - 1);
      expect(await images(queue)).toEqual([]);
      await pass(1);
      expect((await images(queue)).toSorted()).toEqual(['a', 'b']);
      expect((await queue.depth()).interactive.oldestMs).toBeGreaterThanOrEqual(0);
    },
  );

  it('finds what another process sends', async () => {
    const waiting = openQueue().receive({ max: 1, waitMs: 25_000, leaseMs: LEASE });
    await send(openQueue(), 'a');
    expect(await waiting).toMatchObject([{ work: someWork('a') }]);
  });

  it('an older message goes first, however often it came back', async () => {
    const queue = openQueue();
    await send(queue, 'old');
    const [held] = await receive(queue);
    if (held !== undefined) await queue.release(held, { delayMs: 1_000 });
    await pass(1_000);
    await send(queue, 'new 1');
    await pass(1);
    await send(queue, 'new 2');
    expect(await images(queue)).toEqual(['old', 'new 1', 'new 2']);
  });

  it('closing ends all waiting', async () => {
    const queue = openQueue();
    const waiting = Array.from({ length: 3 }, () =>
      queue.receive({ max: 1, waitMs: 25_000, leaseMs: LEASE }),
    );
    queue.close();
    expect(await Promise.all(waiting)).toEqual([[], [], []]);
    await send(queue, 'a');
    expect(await receive(queue)).toEqual([]);
  });
});
