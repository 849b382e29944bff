import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Failure } from '../failures.ts';
import { type ImageEvent, laneBySource, type NewImageEvent } from '../images/events.ts';
import { SOURCES } from '../images/image.ts';
import { newImageId } from '../images/keys.ts';
import type { Queue } from '../pipeline/queue.ts';
import { openEmbedded } from '../platform/embedded/platform.ts';
import type { Platform } from '../platform/platform.ts';
import { createLiveEvents, type LiveEvents } from './live-events.ts';
import { type Relay, type RelayDeps, startRelay } from './relay.ts';

const clock = { now: () => Date.now() };
const log = pino({ level: 'silent' });
const ANY = { max: 10, waitMs: 0, leaseMs: 60_000 };

let folder: string;
let platform: Platform;
let live: LiveEvents;
const relays: Relay[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-relay-'));
  platform = await openEmbedded({ dataDir: folder, clock, role: 'server' });
  live = createLiveEvents();
});
afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.stop();
  await platform.close();
  await rm(folder, { recursive: true, force: true });
});

function start(parts: Partial<RelayDeps> = {}): Relay {
  const relay = startRelay({ ...platform, live, log, ...parts });
  relays.push(relay);
  return relay;
}

/** A record with the events that its writing left in the outbox. */
async function write(
  events: Omit<NewImageEvent, 'tenantId' | 'imageId' | 'at' | 'status'>[],
): Promise<string> {
  const imageId = newImageId(Date.now());
  await platform.catalog.create(
    {
      generation: 0,
      record: {
        image_id: imageId,
        tenant_id: 't1',
        user_id: 'u1',
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
      events: events.map((event) => ({
        ...event,
        tenantId: 't1',
        imageId,
        status: 'received' as const,
        at: Date.now(),
      })),
    },
  );
  return imageId;
}

async function outboxIsEmpty(): Promise<void> {
  await vi.waitFor(async () => expect(await platform.events.undelivered(10)).toEqual([]), { timeout: 5000 });
}

describe('the relay', () => {
  it('turns what was received into work, and tells those who listen of everything', async () => {
    const heard: ImageEvent[] = [];
    live.subscribe('t1', (event) => heard.push(event));
    const imageId = await write([
      { type: 'image.received', generation: 1, lane: 'interactive' },
      { type: 'image.processing', generation: 1 },
    ]);
    start();
    await outboxIsEmpty();
    expect(heard.map(({ type }) => type)).toEqual(['image.received', 'image.processing']);
    const messages = await platform.queue.receive(ANY);
    expect(messages.map(({ work, lane }) => ({ work, lane }))).toEqual([
      { work: { v: 1, kind: 'run', tenant_id: 't1', image_id: imageId, generation: 1 }, lane: 'interactive' },
    ]);
  });

  it('puts reprocessing into the lane that the event names', async () => {
    await write([{ type: 'image.reprocess_asked', generation: 3, lane: 'background' }]);
    start();
    await outboxIsEmpty();
    const [message] = await platform.queue.receive(ANY);
    expect([message?.lane, message?.work.generation]).toEqual(['background', 3]);
  });

  it('queues the same run once, however often it is told of it', async () => {
    await write([
      { type: 'image.received', generation: 1 },
      { type: 'image.received', generation: 1 },
    ]);
    start();
    await outboxIsEmpty();
    expect(await platform.queue.receive(ANY)).toHaveLength(1);
  });

  it('hands on at once when it is woken, long before it looks by itself', async () => {
    const relay = start({ pollMs: 3_600_000 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await write([{ type: 'image.received', generation: 1 }]);
    relay.wake();
    await outboxIsEmpty();
  });

  it('finds what another process wrote without being woken', async () => {
    start({ pollMs: 10 });
    await write([{ type: 'image.ready', generation: 1 }]);
    await outboxIsEmpty();
  });

  it('goes on after faults, in order, and hands nothing on that it could not queue', async () => {
    const heard: string[] = [];
    live.subscribe('t1', ({ type }) => heard.push(type));
    let faults = 3;
    const send: Queue['send'] = async (work, options) => {
      if (faults > 0) {
        faults -= 1;
        throw new Failure('storage_full', 'no room');
      }
      await platform.queue.send(work, options);
    };
    await write([
      { type: 'image.awaiting_upload' },
      { type: 'image.received', generation: 1 },
      { type: 'image.ready', generation: 1 },
    ]);
    start({ queue: { send }, backOffMs: 5 });
    await outboxIsEmpty();
    expect(faults).toBe(0);
    expect(heard).toEqual(['image.awaiting_upload', 'image.received', 'image.ready']);
    expect(await platform.queue.receive(ANY)).toHaveLength(1);
  });

  it('hands on again after a crash between the queue and the mark', async () => {
    await write([{ type: 'image.received', generation: 1 }]);
    const dying = start({
      events: {
        undelivered: (limit) => platform.events.undelivered(limit),
        delivered: async () => {
          throw new Error('the process died here');
        },
      },
      backOffMs: 5,
    });
    await vi.waitFor(async () => expect((await platform.queue.depth()).interactive.waiting).toBe(1));
    await dying.stop();
    start();
    await outboxIsEmpty();
    expect(await platform.queue.receive(ANY)).toHaveLength(1);
  });

  it('empties an outbox of more than one batch', async () => {
    const many = Array.from({ length: 250 }, () => ({ type: 'image.processing' as const, generation: 1 }));
    await write(many);
    let heard = 0;
    live.subscribe('t1', () => {
      heard += 1;
    });
    start({ pollMs: 3_600_000 });
    await outboxIsEmpty();
    expect(heard).toBe(250);
  });
});

describe('lanes', () => {
  it('let a person pass before a heap', () => {
    const interactive = SOURCES.filter((source) => laneBySource[source] === 'interactive');
    expect(interactive).toEqual(['signed_upload', 'direct', 'resumable']);
  });
});
