import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewImageEvent } from '../../images/events.ts';
import type { StoredImage } from '../../images/image.ts';
import { newImageId } from '../../images/keys.ts';
import { eventStream } from '../event-stream.ts';
import { authorised, type House, openHouse, problemOf, stranger, TENANT } from '../testing/house.ts';
import { type SentEvent, sentEvents } from '../testing/sent-events.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse({ works: false });
});
afterEach(() => house.close());

/** Writes an image and, with each next call, another event about it. */
async function happens(...types: NewImageEvent['type'][]): Promise<StoredImage> {
  const image_id = newImageId(Date.now());
  const { stored } = await house.platform.catalog.create(
    {
      generation: 0,
      record: {
        image_id,
        tenant_id: TENANT,
        user_id: 'u',
        status: 'received',
        source: 'direct',
        variants: [],
        metadata: {},
        tags: {},
        pipeline: { name: 'default', version: 1 },
        steps: [],
        upload_time: new Date().toISOString(),
        expires_at: new Date(Date.now() + 60_000).toISOString(),
      },
    },
    {
      events: types.map((type) => ({
        type,
        tenantId: TENANT,
        imageId: image_id,
        status: 'received' as const,
        at: Date.now(),
      })),
    },
  );
  house.services.wake();
  return stored;
}

interface Client {
  /** the next so many events */
  take(count: number): Promise<SentEvent[]>;
  leave(): Promise<void>;
}

async function follow(lastEventId?: string): Promise<Client> {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await house.call('/v1/events', { headers });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const events = sentEvents(response);
  return {
    async take(count) {
      const taken: SentEvent[] = [];
      while (taken.length < count) {
        const next = await events.next();
        if (next.done) break;
        taken.push(next.value);
      }
      return taken;
    },
    leave: async () => void (await events.return(undefined)),
  };
}

describe('GET /v1/events', () => {
  it('tells what happens from now on, with ids, types and data', async () => {
    await happens('image.received');
    const client = await follow();
    const image = await happens('image.processing', 'image.ready');
    const events = await client.take(2);
    expect(events.map(({ event }) => event)).toEqual(['image.processing', 'image.ready']);
    expect(JSON.parse(events[0]?.data ?? '')).toEqual({
      id: events[0]?.id,
      type: 'image.processing',
      image_id: image.record.image_id,
      status: 'received',
      at: expect.stringMatching(/Z$/),
    });
    await client.leave();
  });

  it('goes on after the last event that was seen, without a gap and without a repetition', async () => {
    const first = await follow();
    await happens('image.received', 'image.processing', 'image.ready');
    const [seen] = await first.take(1);
    await first.leave();
    await happens('image.failed');
    const second = await follow(seen?.id);
    await happens('image.expired');
    const events = await second.take(4);
    expect(events.map(({ event }) => event)).toEqual([
      'image.processing',
      'image.ready',
      'image.failed',
      'image.expired',
    ]);
    await second.leave();
  });

  it('has no seam between what is logged and what is live', async () => {
    const start = await follow();
    await happens('image.received');
    const [origin] = await start.take(1);
    await start.leave();
    // Clients come and go while events are written; each goes on where it was.
    const total = 120;
    const writing = (async () => {
      for (let n = 0; n < total; n += 1) await happens('image.processing');
    })();
    const ids: string[] = [];
    let last = origin?.id;
    while (ids.length < total) {
      const client = await follow(last);
      for (const { id } of await client.take(Math.min(7, total - ids.length))) ids.push(id);
      last = ids.at(-1);
      await client.leave();
    }
    await writing;
    const logged = await house.platform.events.since(TENANT, origin?.id, 1000);
    expect(ids).toEqual(logged.map(({ id }) => id));
  });

  it.each(['garbage', '0', 'ffffffffffffffffffffffff'])(
    'says that events may be missing after %s, which it does not keep, and tells all that it keeps',
    async (lost) => {
      await happens('image.received', 'image.ready');
      const client = await follow(lost);
      const [first, ...events] = await client.take(3);
      expect(first).toMatchObject({ event: 'reset' });
      expect(first?.id ?? '').toBe('');
      expect(JSON.parse(first?.data ?? '')).toEqual({
        last_event_id: lost,
        message: expect.stringContaining('read the images again'),
      });
      expect(events.map(({ event }) => event)).toEqual(['image.received', 'image.ready']);
      await happens('image.failed');
      expect(await client.take(1)).toMatchObject([{ event: 'image.failed' }]);
      await client.leave();
    },
  );

  it('says so too after an event that was forgotten', async () => {
    await happens('image.received', 'image.processing');
    const [seen] = await house.platform.events.since(TENANT, undefined, 1);
    await expect.poll(async () => (await house.platform.events.undelivered(1)).length).toBe(0);
    await house.platform.events.forget(Date.now() + 1000);
    const client = await follow(seen?.id);
    await happens('image.ready');
    expect((await client.take(2)).map(({ event }) => event)).toEqual(['reset', 'image.ready']);
    await client.leave();
  });

  it('is not heard by another tenant', async () => {
    const app = house.appWith({ authenticate: () => stranger });
    const response = await app.request('/v1/events', authorised({ headers: { 'last-event-id': '0' } }));
    const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
    // to come back in two seconds, and the reset
    await reader.read();
    const heard = reader.read().then(() => 'something');
    await happens('image.received');
    await expect.poll(async () => (await house.platform.events.undelivered(1)).length).toBe(0);
    expect(await Promise.race([heard, new Promise((resolve) => setTimeout(resolve, 50, 'nothing'))])).toBe(
      'nothing',
    );
    await reader.cancel();
  });

  it('takes no more followers than there is room for, and takes others when some leave', async () => {
    const app = house.appWith({ limits: { eventStreams: 1 } });
    const one = await app.request('/v1/events', authorised());
    expect((await problemOf(await app.request('/v1/events', authorised()))).code).toBe('overloaded');
    await one.body?.cancel();
    const other = await app.request('/v1/events', authorised());
    expect(other.status).toBe(200);
    await other.body?.cancel();
    expect(house.services.live.listeners).toBe(0);
  });

  it('ends when the server stops', async () => {
    const closing = new AbortController();
    const response = await house.app.request('/v1/events', authorised(), { closing: closing.signal });
    closing.abort();
    const events = sentEvents(response);
    expect((await events.next()).done).toBe(true);
    expect(house.services.live.listeners).toBe(0);
  });

  it('refuses a Last-Event-ID that is none', async () => {
    const response = await house.call('/v1/events', { headers: { 'last-event-id': 'a b' } });
    expect(await problemOf(response)).toMatchObject({
      code: 'invalid_request',
      detail: 'last-event-id: must be the id of an event, as it was sent.',
    });
  });
});

describe('the stream', () => {
  const open = (heartbeatMs: number, signal: AbortSignal) =>
    eventStream(house.services, { tenantId: TENANT, heartbeatMs, signal, onEnd: () => {} });

  it('says when to come back, and that it is still there while nothing happens', async () => {
    const stop = new AbortController();
    const reader = (await open(5, stop.signal)).getReader();
    const texts: string[] = [];
    for (let n = 0; n < 3; n += 1) texts.push(new TextDecoder().decode((await reader.read()).value));
    expect(texts).toEqual(['retry: 2000\n\n', ': still here\n\n', ': still here\n\n']);
    stop.abort();
  });

  it('reads no further than its client does', async () => {
    const stop = new AbortController();
    let pages = 0;
    const events = {
      latestId: house.platform.events.latestId,
      since: (...args: Parameters<typeof house.platform.events.since>) => {
        pages += 1;
        return house.platform.events.since(...args);
      },
    };
    await happens('image.received');
    await eventStream(
      { ...house.services, events },
      { tenantId: TENANT, lastEventId: '0', heartbeatMs: 1000, signal: stop.signal, onEnd: () => {} },
    );
    for (let n = 0; n < 20; n += 1) await happens('image.processing');
    await expect.poll(async () => (await house.platform.events.undelivered(1)).length).toBe(0);
    expect(pages).toBeLessThanOrEqual(1);
    stop.abort();
  });
});
