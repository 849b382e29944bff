import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import type { Delivery, Lane, Queue, SendOptions, Work } from './queue.ts';

export interface QueueUnderTest {
  readonly queue: Queue;
  close(): Promise<void>;
}

/** Opens an empty queue whose leases and delays go by `clock`. */
export type OpenQueue = (clock: ControlledClock) => Promise<QueueUnderTest>;

/** How time passes for a queue under test. A made clock needs none of it; a server has a clock of its own. */
export interface QueueTraits {
  readonly makeClock?: () => ControlledClock;
  /** milliseconds of a lease, or of a delay, that is waited for to its end */
  readonly leaseMs?: number;
  /** milliseconds before that end when something is surely still hidden */
  readonly earlyMs?: number;
  /** milliseconds after it when something is surely visible */
  readonly lateMs?: number;
  /**
   * It counts as SQS does: a message that was given back to come later is in flight until then, and nobody knows the age
   * of one that was not received yet.
   */
  readonly countsAsSqs?: boolean;
}

/** Long enough for any machine: who waits so long has not been woken. */
const FOREVER = 25_000;

/** A message about an image of that name. */
export function someWork(image: string, tenant = 'ours'): Work {
  return { v: 1, kind: 'run', tenant_id: tenant, image_id: image, generation: 1 };
}

export function queueContract(name: string, open: OpenQueue, traits: QueueTraits = {}): void {
  const { makeClock = createFakeClock, leaseMs: LEASE = 60_000, countsAsSqs = false } = traits;
  const { earlyMs: EARLY = 1, lateMs: LATE = 0 } = traits;
  const isExact = traits.makeClock === undefined;
  /** A time that the queue has noted down itself. */
  const about = (time: number): number => (isExact ? time : expect.closeTo(time, -4));

  describe(`${name} keeps the Queue contract`, () => {
    let clock: ControlledClock;
    let opened: QueueUnderTest;
    let queue: Queue;

    beforeEach(async () => {
      clock = makeClock();
      opened = await open(clock);
      queue = opened.queue;
    });
    afterEach(() => opened.close());

    const send = (image: string, options: Partial<SendOptions> = {}) =>
      queue.send(someWork(image), { lane: 'interactive', dedupeId: image, ...options });
    const receive = (max = 10) => queue.receive({ max, waitMs: 0, leaseMs: LEASE });
    const receiveOne = async (): Promise<Delivery> => {
      const [delivery] = await receive(1);
      if (delivery === undefined) throw new Error('nothing was received');
      return delivery;
    };
    const images = (deliveries: readonly Delivery[]) => deliveries.map(({ work }) => work.image_id);
    const received = async (max?: number) => images(await receive(max)).toSorted();

    describe('send and receive', () => {
      it('gives what was sent', async () => {
        const deferred: Work = { ...someWork('b'), kind: 'deferred', variant: 'large', format: 'avif' };
        await send('a');
        await queue.send(deferred, { lane: 'background', dedupeId: 'b' });
        const expected = {
          messageId: expect.any(String),
          receipt: expect.any(String),
          receives: 1,
          sentAt: about(clock.now()),
        };
        expect(await receive()).toEqual([
          { ...expected, work: someWork('a'), lane: 'interactive' },
          { ...expected, work: deferred, lane: 'background' },
        ]);
      });

      it('gives none where there is none', async () => {
        expect(await receive()).toEqual([]);
      });

      it('gives no more than asked for', async () => {
        for (const image of ['a', 'b', 'c']) await send(image);
        expect(await receive(2)).toHaveLength(2);
        expect(await receive(2)).toHaveLength(1);
        expect(await receive(2)).toEqual([]);
      });

      it('gives each message to one of many who ask at once', async () => {
        const sent = Array.from({ length: 60 }, (_, number) => `image-${number}`);
        await Promise.all(sent.map((image) => send(image)));
        const answers = await Promise.all(Array.from({ length: 20 }, () => receive(3)));
        expect(images(answers.flat()).toSorted()).toEqual(sent.toSorted());
      });

      it('answers at once when something is sent to one who waits', async () => {
        const waiting = queue.receive({ max: 1, waitMs: FOREVER, leaseMs: LEASE });
        await send('a');
        expect(images(await waiting)).toEqual(['a']);
      });

      it('answers one who waits when a delay has passed', async () => {
        await send('a', { delayMs: 500 });
        const waiting = queue.receive({ max: 1, waitMs: FOREVER, leaseMs: LEASE });
        await clock.advance(500);
        expect(images(await waiting)).toEqual(['a']);
      });

      it('answers one who waits when a message is given back', async () => {
        await send('a');
        const delivery = await receiveOne();
        const waiting = queue.receive({ max: 1, waitMs: FOREVER, leaseMs: LEASE });
        await queue.release(delivery, { delayMs: 0 });
        expect(images(await waiting)).toEqual(['a']);
      });

      it('stops waiting after its time', async () => {
        expect(await queue.receive({ max: 1, waitMs: 30, leaseMs: LEASE })).toEqual([]);
      });

      it('stops waiting when told, and takes nothing with it', async () => {
        const leaving = new AbortController();
        const waiting = queue.receive({ max: 1, waitMs: FOREVER, leaseMs: LEASE, signal: leaving.signal });
        leaving.abort();
        expect(await waiting).toEqual([]);
        await send('a');
        const left = queue.receive({ max: 1, waitMs: FOREVER, leaseMs: LEASE, signal: leaving.signal });
        expect(await left).toEqual([]);
        expect(await received()).toEqual(['a']);
      });
    });

    describe('lanes', () => {
      it('give the interactive messages before all others', async () => {
        for (const image of ['b1', 'b2']) await send(image, { lane: 'background' });
        await clock.advance(1_000);
        for (const image of ['i1', 'i2']) await send(image);
        const lanes = (await receive(3)).map(({ lane }) => lane);
        expect(lanes).toEqual(['interactive', 'interactive', 'background'] satisfies Lane[]);
      });

      it('do not hold up the background when the others are delayed or in flight', async () => {
        await send('i1', { delayMs: 10 * LEASE });
        await send('i2');
        await receiveOne();
        await send('b', { lane: 'background' });
        expect(await received()).toEqual(['b']);
      });

      it('keep a message that comes back', async () => {
        await send('b', { lane: 'background' });
        await queue.release(await receiveOne(), { delayMs: 0 });
        expect((await receiveOne()).lane).toBe('background');
      });
    });

    describe('leases', () => {
      it('hide a message until they end', async () => {
        await send('a');
        const first = await receiveOne();
        await clock.advance(LEASE - EARLY);
        expect(await receive()).toEqual([]);
        await clock.advance(EARLY + LATE);
        const second = await receiveOne();
        expect(second.receives).toBe(2);
        expect(second.receipt).not.toBe(first.receipt);
        expect(second.messageId).toBe(first.messageId);
        expect(second.sentAt).toBe(first.sentAt);
      });

      it('last as long from now as an extension says', async () => {
        await send('a');
        const delivery = await receiveOne();
        await clock.advance(LEASE - EARLY);
        await queue.extend(delivery, LEASE);
        await clock.advance(LEASE - EARLY);
        expect(await receive()).toEqual([]);
        await queue.extend(delivery, 10);
        await clock.advance(10 + LATE);
        expect(await received()).toEqual(['a']);
      });

      it('that were lost cannot be extended', async () => {
        await send('a');
        const slow = await receiveOne();
        await clock.advance(LEASE + LATE);
        const quick = await receiveOne();
        await expect(queue.extend(slow, LEASE)).rejects.toMatchObject({ code: 'stale_write' });
        await queue.extend(quick, LEASE);
        await queue.complete(quick);
        await expect(queue.extend(quick, LEASE)).rejects.toMatchObject({ code: 'stale_write' });
      });

      it.each<[string, (delivery: Delivery) => Promise<void>]>([
        ['complete', (delivery) => queue.complete(delivery)],
        ['release', (delivery) => queue.release(delivery, { delayMs: 0, refund: true })],
        ['bury', (delivery) => queue.bury(delivery, { code: 'x', message: 'x' })],
      ])('that were lost let nobody %s the message of another', async (_, finish) => {
        await send('a');
        const slow = await receiveOne();
        await clock.advance(LEASE + LATE);
        const quick = await receiveOne();
        await finish(slow);
        expect(await receive()).toEqual([]);
        await clock.advance(LEASE + LATE);
        expect(await receiveOne()).toMatchObject({ messageId: quick.messageId, receives: 3 });
        expect((await queue.deadLetters.list({ tenantId: 'ours', limit: 10 })).letters).toEqual([]);
      });
    });

    describe('complete', () => {
      it('ends a message', async () => {
        await send('a');
        const delivery = await receiveOne();
        await queue.complete(delivery);
        await queue.complete(delivery);
        await clock.advance(2 * LEASE + LATE);
        expect(await receive()).toEqual([]);
      });
    });

    describe('release', () => {
      it.each([
        { refund: false, receives: 2 },
        { refund: true, receives: 1 },
      ])('gives a message back after its delay: $receives receives with refund $refund', async (row) => {
        await send('a');
        await queue.release(await receiveOne(), { delayMs: LEASE, refund: row.refund });
        await clock.advance(LEASE - EARLY);
        expect(await receive()).toEqual([]);
        await clock.advance(EARLY + LATE);
        expect((await receiveOne()).receives).toBe(row.receives);
      });

      it('gives a message back at once without one', async () => {
        await send('a');
        await queue.release(await receiveOne(), { delayMs: 0 });
        expect(await received()).toEqual(['a']);
      });

      it('ends the lease', async () => {
        await send('a');
        const delivery = await receiveOne();
        await queue.release(delivery, { delayMs: 0 });
        await expect(queue.extend(delivery, LEASE)).rejects.toMatchObject({ code: 'stale_write' });
      });
    });

    describe('delays', () => {
      it('hide a message that was just sent', async () => {
        await send('a', { delayMs: LEASE });
        await clock.advance(LEASE - EARLY);
        expect(await receive()).toEqual([]);
        await clock.advance(EARLY + LATE);
        expect(await received()).toEqual(['a']);
      });
    });

    describe('dedupe ids', () => {
      it('let a message in once, however many send it', async () => {
        await Promise.all(Array.from({ length: 32 }, () => send('a')));
        expect(await received()).toEqual(['a']);
        await clock.advance(LEASE + LATE);
        expect(await received()).toEqual(['a']);
      });

      it.each<[string, () => Promise<unknown>]>([
        ['waits', async () => {}],
        ['is in flight', () => receiveOne()],
        ['is delayed', async () => queue.release(await receiveOne(), { delayMs: 1_000 })],
      ])('keep out a second one while the first %s', async (_, get) => {
        await send('a');
        await get();
        await send('a', { lane: 'background' });
        const { interactive, background } = await queue.depth();
        expect(interactive.waiting + interactive.delayed + interactive.inFlight).toBe(1);
        expect(background).toMatchObject({ waiting: 0, delayed: 0, inFlight: 0 });
      });

      it('let it in again once the first was completed', async () => {
        await send('a');
        await queue.complete(await receiveOne());
        await send('a');
        expect((await receiveOne()).receives).toBe(1);
      });
    });

    describe('dead letters', () => {
      const reason = { code: 'render_failed', message: 'It did not work. Ünlucky.' };
      const bury = async (image: string, tenant = 'ours') => {
        await clock.advance(1);
        await queue.send(someWork(image, tenant), { lane: 'background', dedupeId: image });
        await queue.bury(await receiveOne(), reason);
      };
      const letters = async (tenantId = 'ours') =>
        (await queue.deadLetters.list({ tenantId, limit: 100 })).letters;
      const only = async (tenantId = 'ours') => {
        const [letter] = await letters(tenantId);
        if (letter === undefined) throw new Error('there is no dead letter');
        return letter;
      };

      it('keep the message with the reason', async () => {
        await send('a');
        await queue.release(await receiveOne(), { delayMs: 0 });
        await queue.bury(await receiveOne(), reason);
        const letter = await only();
        expect(letter).toEqual({
          id: expect.any(String),
          work: someWork('a'),
          lane: 'interactive',
          reason,
          receives: 2,
          buriedAt: about(clock.now()),
        });
        expect(await queue.deadLetters.read('ours', letter.id)).toEqual(letter);
        await clock.advance(2 * LEASE + LATE);
        expect(await receive()).toEqual([]);
      });

      it('are redriven with a fresh count, in their lane', async () => {
        await bury('a');
        const waiting = queue.receive({ max: 1, waitMs: FOREVER, leaseMs: LEASE });
        await queue.deadLetters.redrive('ours', (await only()).id);
        expect(await waiting).toMatchObject([{ work: someWork('a'), lane: 'background', receives: 1 }]);
        expect(await letters()).toEqual([]);
      });

      it('are not queued twice where the work came again meanwhile', async () => {
        await bury('a');
        await send('a');
        await queue.deadLetters.redrive('ours', (await only()).id);
        expect(await received()).toEqual(['a']);
        expect(await letters()).toEqual([]);
      });

      it('are redriven once, by one of many', async () => {
        await bury('a');
        const { id } = await only();
        const outcomes = await Promise.allSettled(
          Array.from({ length: 8 }, () => queue.deadLetters.redrive('ours', id)),
        );
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        expect(await received()).toEqual(['a']);
      });

      it('can be dropped', async () => {
        await bury('a');
        await queue.deadLetters.drop('ours', (await only()).id);
        expect(await letters()).toEqual([]);
        expect(await receive()).toEqual([]);
      });

      it.each<[string, (tenant: string, id: string) => Promise<void>]>([
        ['redriven', (tenant, id) => queue.deadLetters.redrive(tenant, id)],
        ['dropped', (tenant, id) => queue.deadLetters.drop(tenant, id)],
      ])('cannot be %s by another tenant, or when they are not there', async (_, act) => {
        await bury('a', 'theirs');
        const letter = await only('theirs');
        const notFound = { code: 'dead_letter_not_found' };
        await expect(act('ours', letter.id)).rejects.toMatchObject(notFound);
        await expect(act('theirs', 'no-such-id')).rejects.toMatchObject(notFound);
        expect(await letters('theirs')).toEqual([letter]);
        expect(await receive()).toEqual([]);
      });

      it("do not show another tenant's", async () => {
        await bury('a', 'theirs');
        expect(await letters()).toEqual([]);
        expect(await queue.deadLetters.read('ours', (await only('theirs')).id)).toBeUndefined();
        expect(await queue.deadLetters.read('theirs', 'no-such-id')).toBeUndefined();
      });

      it('go with their image', async () => {
        await bury('a');
        await bury('b');
        await queue.deadLetters.dropImage('theirs', 'a');
        expect(await letters()).toHaveLength(2);
        await queue.deadLetters.dropImage('ours', 'a');
        await queue.deadLetters.dropImage('ours', 'a');
        expect((await letters()).map(({ work }) => work.image_id)).toEqual(['b']);
      });

      it.each([1, 2, 3, 5, 6])('are listed once each, newest first, in pages of %i', async (limit) => {
        for (const image of ['a', 'b', 'c', 'd', 'e']) await bury(image);
        const found: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await queue.deadLetters.list({
            tenantId: 'ours',
            limit,
            ...(cursor === undefined ? {} : { cursor }),
          });
          expect(page.letters.length).toBeGreaterThan(0);
          expect(page.letters.length).toBeLessThanOrEqual(limit);
          found.push(...page.letters.map(({ work }) => work.image_id));
          cursor = page.nextCursor;
          // Newer than where we are: nothing moves.
          if (found.length === limit) await bury('late');
        } while (cursor !== undefined);
        expect(found).toEqual(['e', 'd', 'c', 'b', 'a']);
      });

      it.each(['', 'x', '!', Buffer.from('{}').toString('base64url')])(
        'refuse the cursor %j',
        async (cursor) => {
          const listing = queue.deadLetters.list({ tenantId: 'ours', limit: 1, cursor });
          await expect(listing).rejects.toMatchObject({ code: 'invalid_request' });
        },
      );
    });

    describe('depth', () => {
      const none = { waiting: 0, delayed: 0, inFlight: 0, oldestMs: 0 };

      it('is nothing for an empty queue', async () => {
        expect(await queue.depth()).toEqual({ interactive: none, background: none });
      });

      it('tells what waits, is delayed, is in flight, and the age of the oldest', async () => {
        await send('oldest');
        await clock.advance(LEASE / 2);
        for (const image of ['a', 'b', 'c']) await send(image);
        await send('d', { delayMs: 60_000 });
        await send('e', { lane: 'background' });
        await receiveOne();
        await queue.release(await receiveOne(), { delayMs: 60_000 });
        await clock.advance(1_000);
        const age = (milliseconds: number) => (countsAsSqs ? expect.any(Number) : milliseconds);
        const hidden = countsAsSqs ? { delayed: 1, inFlight: 2 } : { delayed: 2, inFlight: 1 };
        expect(await queue.depth()).toEqual({
          interactive: { waiting: 2, ...hidden, oldestMs: age(LEASE / 2 + 1_000) },
          background: { ...none, waiting: 1, oldestMs: age(1_000) },
        });
      });

      it('counts a message whose lease has ended as waiting', async () => {
        await send('a');
        await receiveOne();
        await clock.advance(LEASE + LATE);
        expect((await queue.depth()).interactive).toMatchObject({
          waiting: 1,
          inFlight: 0,
          oldestMs: about(LEASE),
        });
      });

      it('does not count what is completed or dead', async () => {
        await send('a');
        await send('b');
        await queue.complete(await receiveOne());
        await queue.bury(await receiveOne(), { code: 'x', message: 'x' });
        expect(await queue.depth()).toEqual({ interactive: none, background: none });
      });
    });
  });
}
