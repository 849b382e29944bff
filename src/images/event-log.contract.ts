import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CatalogUnderTest, OpenCatalog } from './catalog.contract.ts';
import type { EventLog } from './catalog.ts';
import { type ControlledClock, createFakeClock } from './clock.contract.ts';
import { EVENT_TYPES } from './events.ts';
import { anEvent, anImage, changed } from './testing/images.ts';

/** What every event log does, as an outbox and as a log to be read again. */
export function eventLogContract(name: string, open: OpenCatalog): void {
  describe(`${name} keeps the EventLog contract`, () => {
    let clock: ControlledClock;
    let opened: CatalogUnderTest;
    let events: EventLog;

    beforeEach(async () => {
      clock = createFakeClock();
      opened = await open(clock);
      events = opened.events;
    });
    afterEach(() => opened.close());

    /** An image whose creation tells `count` events; answers their ids. */
    const tell = async (count: number, tenant = 'ours'): Promise<string[]> => {
      const image = anImage(clock.now(), { tenant_id: tenant });
      const told = Array.from({ length: count }, () => anEvent(image, clock.now()));
      const { stored } = await opened.catalog.create(image, { events: told });
      const all = await events.since(tenant, undefined, 10_000);
      return all.filter(({ imageId }) => imageId === stored.record.image_id).map(({ id }) => id);
    };
    const ids = async (list: Promise<readonly { id: string }[]>) => (await list).map(({ id }) => id);

    it('keeps what an event says, and nothing else', async () => {
      const image = anImage(clock.now());
      const least = anEvent(image, clock.now());
      const most = { ...least, type: 'image.failed', generation: 3, errorCode: 'render_failed' } as const;
      await opened.catalog.create(image, { events: [least, most] });
      const id = expect.any(String);
      expect(await events.undelivered(10)).toEqual([
        { ...least, id },
        { ...most, id },
      ]);
    });

    it('knows every type of event', async () => {
      const image = anImage(clock.now());
      const told = EVENT_TYPES.map((type) => anEvent(image, clock.now(), type));
      await opened.catalog.create(image, { events: told });
      expect((await events.undelivered(100)).map(({ type }) => type)).toEqual(EVENT_TYPES);
    });

    it('tells of a replacement in the order of the writes', async () => {
      const image = anImage(clock.now());
      const { stored } = await opened.catalog.create(image, { events: [anEvent(image, clock.now())] });
      const next = changed(stored, { status: 'processing' });
      await opened.catalog.replace(stored, next, [
        anEvent(next, clock.now(), 'image.processing'),
        anEvent(next, clock.now(), 'image.variant_added'),
      ]);
      const types = (await events.undelivered(10)).map(({ type }) => type);
      expect(types).toEqual(['image.received', 'image.processing', 'image.variant_added']);
    });

    it('gives what has not been handed on, oldest first, up to the limit', async () => {
      const first = await tell(2);
      const second = await tell(2, 'theirs');
      expect(await ids(events.undelivered(3))).toEqual([...first, second[0]]);
      await events.delivered([first[1] ?? '', second[0] ?? '']);
      expect(await ids(events.undelivered(10))).toEqual([first[0], second[1]]);
    });

    it('does not mind what is delivered twice, unknown, or nothing', async () => {
      const told = await tell(1);
      await events.delivered(told);
      await events.delivered(told);
      await events.delivered(['unknown', '']);
      await events.delivered([]);
      expect(await events.undelivered(10)).toEqual([]);
    });

    it('keeps what was handed on for those who ask again', async () => {
      const told = await tell(3);
      await events.delivered(told);
      expect(await ids(events.since('ours', undefined, 10))).toEqual(told);
      expect(await ids(events.since('ours', told[0], 10))).toEqual(told.slice(1));
      expect(await ids(events.since('ours', told[0], 1))).toEqual(told.slice(1, 2));
      expect(await ids(events.since('ours', told[2], 10))).toEqual([]);
    });

    it('tells a tenant of its own events alone', async () => {
      const ours = await tell(1);
      const theirs = await tell(2, 'theirs');
      expect(await ids(events.since('ours', undefined, 10))).toEqual(ours);
      expect(await ids(events.since('theirs', ours[0], 10))).toEqual(theirs);
      expect(await events.latestId('ours')).toBe(ours[0]);
      expect(await events.latestId('theirs')).toBe(theirs[1]);
      expect(await events.latestId('nobody')).toBeUndefined();
    });

    it('gives ids that grow as text, whatever the clock does', async () => {
      const told: string[] = [];
      for (const step of [0, 1, 1_000, -3_600_000, 0, 5, 86_400_000, -1]) {
        await clock.advance(step);
        told.push(...(await tell(2)));
      }
      expect(new Set(told).size).toBe(16);
      expect(told).toEqual(told.toSorted());
      expect(await ids(events.undelivered(100))).toEqual(told);
    });

    it('gives many writers at once different ids', async () => {
      const told = (await Promise.all(Array.from({ length: 32 }, () => tell(1)))).flat();
      expect(new Set(told).size).toBe(32);
    });

    it('tells no tenant how many events others have', async () => {
      const number = (id: string | undefined) => BigInt(`0x${Buffer.from(id ?? '').toString('hex')}`);
      const distances = new Set<bigint>();
      for (let round = 0; round < 3; round += 1) {
        const [before] = await tell(1);
        await tell(5, 'theirs');
        const [after] = await tell(1);
        distances.add(number(after) - number(before));
      }
      expect(distances.size).toBe(3);
    });

    it('forgets what is old and was handed on', async () => {
      const old = await tell(2);
      await clock.advance(1_000);
      const young = await tell(1);
      await events.delivered([old[0] ?? '', ...young]);
      expect(await events.forget(clock.now() - 1_000)).toBe(0);
      expect(await events.forget(clock.now())).toBe(1);
      expect(await ids(events.since('ours', undefined, 10))).toEqual([old[1], ...young]);
      expect(await ids(events.since('ours', old[0], 10))).toEqual([old[1], ...young]);
    });

    it('forgets more than a handful', async () => {
      for (let round = 0; round < 63; round += 1) await tell(40);
      const told = await ids(events.since('ours', undefined, 10_000));
      expect(told).toHaveLength(2_520);
      await events.delivered(told);
      await clock.advance(1);
      expect(await events.forget(clock.now())).toBe(2_520);
      expect(await events.latestId('ours')).toBeUndefined();
    });
  });
}
