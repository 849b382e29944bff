import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../failures.ts';
import { sweep } from './sweep.ts';
import {
  addPartial,
  addReady,
  addReceived,
  DAY,
  type House,
  openHouse,
  storedKeys,
  TENANT,
  withMethods,
} from './testing/house.ts';
import { bury } from './tombstone.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const nothing = {
  expired: [],
  purged: [],
  abandonedUploads: [],
  objectsDeleted: 0,
  bytesDeleted: 0,
  tombstonesForgotten: 0,
  eventsForgotten: 0,
  leftoversRemoved: 0,
  faults: [],
};

describe('sweep', () => {
  it('deletes what has expired, leaves the rest, and says what it did', async () => {
    const { record } = await addReady(house.ports, { lifeMs: DAY });
    const kept = await addReady(house.ports, { lifeMs: 2 * DAY });
    house.clock.advance(DAY);
    const bytes = [record.original?.size ?? 0, ...record.variants.map(({ size }) => size)];
    expect(await sweep(house.ports)).toEqual({
      ...nothing,
      expired: [record.image_id],
      purged: [record.image_id],
      objectsDeleted: 3,
      bytesDeleted: bytes.reduce((sum, size) => sum + size, 0),
    });
    expect(await storedKeys(house.ports)).toHaveLength(3);
    expect(await house.ports.catalog.read(TENANT, kept.record.image_id)).toBeDefined();
    const events = await house.ports.events.since(TENANT, undefined, 100);
    expect(events.at(-1)).toMatchObject({ type: 'image.expired', imageId: record.image_id });
  });

  it('finds nothing to do the second time', async () => {
    await addReady(house.ports, { lifeMs: DAY });
    house.clock.advance(DAY);
    await sweep(house.ports);
    expect(await sweep(house.ports)).toEqual(nothing);
  });

  it('deletes nothing a second too early', async () => {
    await addReady(house.ports, { lifeMs: DAY });
    house.clock.advance(DAY - 2000);
    expect(await sweep(house.ports)).toEqual(nothing);
    expect(await storedKeys(house.ports)).toHaveLength(3);
  });

  it('finishes a tombstone whose objects were left behind', async () => {
    const image = await addReady(house.ports);
    await bury(house.ports, image, 'erased');
    const report = await sweep(house.ports);
    expect(report).toMatchObject({ expired: [], purged: [image.record.image_id], objectsDeleted: 3 });
    expect(await storedKeys(house.ports)).toEqual([]);
  });

  it('gives up uploads that nobody goes on with', async () => {
    const { record } = await addPartial(house.ports, { lifeMs: 30 * DAY });
    expect((await sweep(house.ports)).abandonedUploads).toEqual([]);
    house.clock.advance(DAY + 1);
    const report = await sweep(house.ports);
    expect(report).toMatchObject({
      abandonedUploads: [record.image_id],
      expired: [record.image_id],
      faults: [],
    });
    expect(await house.ports.partialUploads.find(TENANT, record.image_id)).toBeUndefined();
    expect(await house.ports.catalog.read(TENANT, record.image_id)).toBeUndefined();
  });

  it('forgets old tombstones and events', async () => {
    const { record } = await addReady(house.ports, { lifeMs: DAY });
    house.clock.advance(DAY);
    await sweep(house.ports);
    const undelivered = await house.ports.events.undelivered(100);
    await house.ports.events.delivered(undelivered.map(({ id }) => id));
    house.clock.advance(30 * DAY + 1);
    expect(await sweep(house.ports)).toMatchObject({ tombstonesForgotten: 1, eventsForgotten: 3 });
    expect(await house.ports.upkeep.readAny(TENANT, record.image_id)).toBeUndefined();
  });

  it('goes on where one image cannot be helped, and names it', async () => {
    const [stuck, other] = [
      await addReady(house.ports, { lifeMs: DAY }),
      await addReady(house.ports, { lifeMs: DAY }),
    ];
    house.clock.advance(DAY);
    const { objects: real } = house.ports;
    const objects = withMethods(real, {
      deletePrefix: async (prefix) => {
        if (prefix.includes(stuck.record.image_id)) throw new Failure('storage_unavailable', 'no');
        return real.deletePrefix(prefix);
      },
    });
    const report = await sweep({ ...house.ports, objects });
    expect(report.purged).toEqual([other.record.image_id]);
    expect(report.faults).toEqual([
      { imageId: stuck.record.image_id, code: 'storage_unavailable', message: 'no' },
    ]);
    expect((await sweep(house.ports)).purged).toEqual([stuck.record.image_id]);
  });

  it('tries an image that cannot be helped once a sweep, however many others there are', async () => {
    const stuck = await addReady(house.ports, { lifeMs: DAY });
    const other = await addReady(house.ports, { lifeMs: DAY });
    house.clock.advance(DAY);
    const { catalog: real } = house.ports;
    const catalog = withMethods(real, {
      replace: async (before, ...rest) => {
        if (before.record.image_id === stuck.record.image_id) throw new Failure('storage_unavailable', 'no');
        return real.replace(before, ...rest);
      },
    });
    const report = await sweep({ ...house.ports, catalog }, { signal: AbortSignal.timeout(5_000) });
    expect(report.expired).toEqual([other.record.image_id]);
    expect(report.faults).toHaveLength(1);
  });

  it('works where the disk is too full for the tombstone: it makes room first', async () => {
    const { record } = await addReady(house.ports, { lifeMs: DAY });
    house.clock.advance(DAY);
    const { catalog: real } = house.ports;
    const catalog = withMethods(real, {
      replace: async (...args) => {
        if ((await storedKeys(house.ports)).length > 1) throw new Failure('storage_full', 'full');
        return real.replace(...args);
      },
    });
    expect(await sweep({ ...house.ports, catalog })).toMatchObject({
      expired: [record.image_id],
      faults: [],
    });
    expect(await storedKeys(house.ports)).toEqual([]);
  });

  it('expires what is received, so that it is never processed too late', async () => {
    const { record } = await addReceived(house.ports, { lifeMs: DAY });
    house.clock.advance(DAY);
    expect((await sweep(house.ports)).expired).toEqual([record.image_id]);
  });

  it('works through more than one batch', async () => {
    for (let count = 0; count < 130; count += 1) await addPartial(house.ports, { lifeMs: DAY });
    house.clock.advance(DAY);
    expect((await sweep(house.ports)).expired).toHaveLength(130);
  });

  it('stops when it is told to', async () => {
    await addReady(house.ports, { lifeMs: DAY });
    house.clock.advance(DAY);
    await expect(sweep(house.ports, { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
    expect(await storedKeys(house.ports)).toHaveLength(3);
  });
});
