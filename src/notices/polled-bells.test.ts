import { describe, expect, it } from 'vitest';
import { createLiveEvents } from './live-events.ts';
import { withPolledBells } from './polled-bells.ts';

const FOREVER = 20_000;
const silent = { warn() {} };

/** A log that another process writes. */
function openLog() {
  const latest = new Map<string, string>();
  const looks: string[] = [];
  let fault: Error | undefined;
  return {
    looks,
    latest,
    fail(error: Error | undefined) {
      fault = error;
    },
    async latestId(tenantId: string) {
      looks.push(tenantId);
      if (fault) throw fault;
      return latest.get(tenantId);
    },
  };
}

function open(everyMs = 5) {
  const events = openLog();
  const near = createLiveEvents();
  const options = { events, log: silent, logEveryMs: everyMs, imageEveryMs: everyMs };
  return { events, near, live: withPolledBells(near, options) };
}

describe('a bell', () => {
  it('rings at what another process has written', async () => {
    const { events, live } = open();
    const bell = live.bell('ours');
    await expect.poll(() => events.looks.length).toBeGreaterThan(1);
    events.latest.set('ours', '1');
    expect(await bell.rung(FOREVER)).toBe(true);
    events.latest.set('ours', '2');
    expect(await bell.rung(FOREVER)).toBe(true);
    bell.takeDown();
  });

  it('rings at what came between hanging it up and the first look', async () => {
    const { events, live } = open();
    events.latest.set('ours', '1');
    const bell = live.bell('ours');
    expect(await bell.rung(FOREVER)).toBe(true);
    bell.takeDown();
  });

  it('rings at what this process hands on, without a look', async () => {
    const { near, live } = open(FOREVER);
    const bell = live.bell('ours', 'a');
    const event = {
      type: 'image.ready',
      tenantId: 'ours',
      imageId: 'a',
      status: 'ready',
      at: 0,
      id: '1',
    } as const;
    near.publish(event);
    expect(await bell.rung(FOREVER)).toBe(true);
    bell.takeDown();
  });

  it('does not ring where nothing happens, nor at what happens to others', async () => {
    const { events, live } = open();
    const bell = live.bell('ours');
    events.latest.set('theirs', '1');
    expect(await bell.rung(60)).toBe(false);
    bell.takeDown();
  });

  it('of one image says now and then that it may be worth looking, and ends in time', async () => {
    const { events, live } = open();
    const bell = live.bell('ours', 'a');
    expect(await bell.rung(FOREVER)).toBe(true);
    expect(await bell.rung(1)).toBe(false);
    expect(events.looks).toEqual([]);
    bell.takeDown();
  });

  it('rings again after a fault of the log', async () => {
    const { events, live } = open();
    events.fail(new Error('away'));
    const bell = live.bell('ours');
    expect(await bell.rung(30)).toBe(false);
    events.fail(undefined);
    events.latest.set('ours', '1');
    expect(await bell.rung(FOREVER)).toBe(true);
    bell.takeDown();
  });
});

it('the log of a tenant is looked at by one for all, and by nobody once all have left', async () => {
  const { events, live } = open();
  const bells = Array.from({ length: 20 }, () => live.bell('ours'));
  await expect.poll(() => events.looks.length).toBeGreaterThan(2);
  expect(live.listeners).toBe(20);
  events.latest.set('ours', '1');
  expect(await Promise.all(bells.map((bell) => bell.rung(FOREVER)))).toEqual(bells.map(() => true));
  for (const bell of bells) bell.takeDown();
  const looks = events.looks.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(events.looks.length).toBeLessThanOrEqual(looks + 1);
  expect(live.listeners).toBe(0);
});
