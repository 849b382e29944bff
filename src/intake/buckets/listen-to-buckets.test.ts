import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../../failures.ts';
import { listenToBuckets, type NewsMessage, type NewsQueue } from './listen-to-buckets.ts';
import type { ObjectCreated } from './object-events.ts';
import type { ObjectOutcome } from './take-object.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const TAKEN: ObjectOutcome = { what: 'taken', imageId: 'i' };

function news(key: string, receives = 1): NewsMessage {
  const s3 = { bucket: { name: 'b' }, object: { key } };
  const body = JSON.stringify({ Records: [{ eventVersion: '2.1', eventName: 'ObjectCreated:Put', s3 }] });
  return { body, receipt: key, receives };
}

type Take = (object: ObjectCreated, signal: AbortSignal) => Promise<ObjectOutcome>;

describe('whoever listens to buckets', () => {
  let stop = async () => {};
  afterEach(() => stop());

  /** Listens to a queue in memory. What became of each message is in `ended`. */
  function listen(messages: NewsMessage[], take: Take) {
    const ended: Record<string, string> = {};
    const held: number[] = [];
    let fault: Error | undefined;
    const queue: NewsQueue = {
      async receive() {
        if (fault) throw fault;
        if (messages.length === 0) await sleep(5);
        return messages.splice(0, 10);
      },
      async hold({ receipt }, ms) {
        held.push(ms);
        ended[receipt] = ms === 0 ? 'given back' : 'comes again';
      },
      done({ receipt }) {
        ended[receipt] = 'done';
      },
      async bury({ receipt }, { code }) {
        ended[receipt] = `buried: ${code}`;
      },
      async close() {
        ended.queue = 'closed';
      },
    };
    const listener = listenToBuckets({ queue, take, log: silent });
    stop = () => listener.stop();
    return {
      ended,
      held,
      listener,
      fail(error: Error | undefined) {
        fault = error;
      },
    };
  }

  const failing =
    (code: 'storage_unavailable' | 'internal' | 'quota_exceeded'): Take =>
    async () => {
      throw new Failure(code, 'no');
    };
  const refused: Take = async () => ({
    what: 'refused',
    failure: new Failure('unsupported_format', 'It is no picture.'),
  });
  const passedOver: Take = async () => ({ what: 'passed over', why: 'no rule' });

  it.each<[string, Take, number, string]>([
    ['is taken', async () => TAKEN, 1, 'done'],
    ['is no picture', refused, 1, 'done'],
    ["is nobody's", passedOver, 1, 'done'],
    ['cannot be stored now', failing('storage_unavailable'), 1, 'comes again'],
    ['cannot be stored for hours', failing('storage_unavailable'), 500, 'comes again'],
    ['fails once', failing('internal'), 1, 'comes again'],
    ['fails again and again', failing('internal'), 10, 'buried: internal'],
    ['does not fit into a full account for long', failing('quota_exceeded'), 10, 'buried: quota_exceeded'],
  ])('ends with an object that %s', async (_, take, receives, expected) => {
    const { ended } = listen([news('a', receives)], take);
    await expect.poll(() => ended.a).toBe(expected);
  });

  it.each([
    ['the greeting of S3', JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent' }), 'done'],
    ['anything else', 'hello', 'buried: invalid_request'],
  ])('ends with %s', async (_, body, expected) => {
    const { ended } = listen([{ body, receipt: 'a', receives: 1 }], async () => TAKEN);
    await expect.poll(() => ended.a).toBe(expected);
  });

  it('waits longer each time, and never the same for all', async () => {
    const pauses: number[] = [];
    for (const receives of [1, 3, 9]) {
      const { held, ended } = listen([news('a', receives)], failing('storage_unavailable'));
      await expect.poll(() => ended.a).toBe('comes again');
      pauses.push(...held);
      await stop();
    }
    expect(pauses.toSorted((one, other) => one - other)).toEqual(pauses);
    expect(pauses.at(-1)).toBeLessThanOrEqual(10 * 60_000);
  });

  it('one that is stuck holds up nobody else', async () => {
    const stuck: Take = async ({ key }, signal) => {
      if (key === 'stuck') await sleep(60_000, undefined, { signal });
      return TAKEN;
    };
    const { ended } = listen([news('stuck'), news('a')], stuck);
    await expect.poll(() => ended.a).toBe('done');
    expect(ended.stuck).toBeUndefined();
    await stop();
    expect(ended).toMatchObject({ stuck: 'given back', queue: 'closed' });
  });

  it('goes on once the queue is back', async () => {
    const messages = [news('a')];
    const { ended, fail } = listen(messages, async () => TAKEN);
    await expect.poll(() => ended.a).toBe('done');
    fail(new Failure('storage_unavailable', 'away'));
    await sleep(20);
    fail(undefined);
    messages.push(news('b'));
    await expect.poll(() => ended.b, { timeout: 10_000 }).toBe('done');
  });
});
