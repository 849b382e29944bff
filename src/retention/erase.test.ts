import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredImage } from '../images/image.ts';
import { eraseImage } from './erase.ts';
import {
  addPartial,
  addReady,
  addReceived,
  DAY,
  filesBelow,
  type House,
  MARKER,
  openHouse,
  publish,
  storedKeys,
  TENANT,
  withMethods,
} from './testing/house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const erase = (image: StoredImage) =>
  eraseImage(house.ports, { tenantId: TENANT, imageId: image.record.image_id });

describe('eraseImage', () => {
  it.each([
    ['received', () => addReceived(house.ports)],
    ['ready', () => addReady(house.ports)],
    ['awaiting its upload', () => addPartial(house.ports)],
  ])('leaves nothing of an image that is %s', async (_status, add) => {
    const image = await add();
    const imageId = image.record.image_id;
    await erase(image);
    expect(await house.ports.catalog.read(TENANT, imageId)).toBeUndefined();
    expect(await storedKeys(house.ports)).toEqual([]);
    expect(await house.ports.partialUploads.find(TENANT, imageId)).toBeUndefined();
    expect(await house.ports.upkeep.unpurged(10)).toEqual([]);
  });

  it('leaves other images alone', async () => {
    const [erased, kept] = [await addReady(house.ports), await addReady(house.ports)];
    await erase(erased);
    expect(await storedKeys(house.ports)).toEqual(
      [kept.record.original?.key, ...kept.record.variants.map(({ key }) => key)].sort(),
    );
    expect(await house.ports.catalog.read(TENANT, kept.record.image_id)).toEqual(kept);
  });

  it('says how much went', async () => {
    const { record } = await addReady(house.ports);
    const bytes = [record.original?.size ?? 0, ...record.variants.map(({ size }) => size)];
    expect(await eraseImage(house.ports, { tenantId: TENANT, imageId: record.image_id })).toEqual({
      objects: 3,
      bytes: bytes.reduce((sum, size) => sum + size, 0),
    });
  });

  it('leaves a tombstone of ids and times, and says so in an event without personal data', async () => {
    const image = await addReady(house.ports);
    const { image_id: imageId, upload_time, processed_at } = image.record;
    house.clock.advance(1000);
    await erase(image);
    const tombstone = await house.ports.upkeep.readAny(TENANT, imageId);
    expect(tombstone?.record).toMatchObject({ status: 'erased', user_id: '', upload_time, processed_at });
    expect(tombstone?.record.original).toBeUndefined();
    expect(JSON.stringify(tombstone)).not.toContain(MARKER);
    const events = await house.ports.events.since(TENANT, undefined, 100);
    expect(events.at(-1)).toMatchObject({ type: 'image.erased', imageId, status: 'erased' });
  });

  it("leaves none of the sender's words anywhere on the disk", async () => {
    await erase(await addReady(house.ports));
    await erase(await addPartial(house.ports));
    await house.platform.close();
    const files = await filesBelow(house.folder);
    const contents = await Promise.all(files.map((file) => readFile(file)));
    expect(files.filter((_, index) => contents[index]?.includes(MARKER))).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
  });

  it('drops the dead letters about the image', async () => {
    const image = await addReceived(house.ports);
    const { queue } = house.ports;
    const work = {
      v: 1,
      kind: 'run',
      tenant_id: TENANT,
      image_id: image.record.image_id,
      generation: 1,
    } as const;
    await queue.send(work, { lane: 'interactive', dedupeId: 'd' });
    const [delivery] = await queue.receive({ max: 1, waitMs: 1000, leaseMs: 1000 });
    if (!delivery) throw new Error('no message');
    await queue.bury(delivery, { code: 'render_failed', message: 'x' });
    await erase(image);
    expect((await queue.deadLetters.list({ tenantId: TENANT, limit: 10 })).letters).toEqual([]);
  });

  it('erases what the worker publishes at the same moment', async () => {
    const image = await addReceived(house.ports);
    let raced = false;
    const { catalog: real } = house.ports;
    const catalog = withMethods(real, {
      read: async (tenantId, imageId) => {
        const answer = await real.read(tenantId, imageId);
        if (!raced) await publish(house.ports, image);
        raced = true;
        return answer;
      },
    });
    await eraseImage({ ...house.ports, catalog }, { tenantId: TENANT, imageId: image.record.image_id });
    expect(raced).toBe(true);
    expect(await storedKeys(house.ports)).toEqual([]);
  });

  it.each([
    ['unknown', async () => '01900000-0000-7000-8000-000000000000'],
    [
      'erased already',
      async () => {
        const image = await addReady(house.ports);
        await erase(image);
        return image.record.image_id;
      },
    ],
    [
      'expired',
      async () => {
        const image = await addReady(house.ports, { lifeMs: DAY });
        house.clock.advance(DAY);
        return image.record.image_id;
      },
    ],
  ])('knows no image that is %s', async (_what, imageId) => {
    await expect(
      eraseImage(house.ports, { tenantId: TENANT, imageId: await imageId() }),
    ).rejects.toMatchObject({
      code: 'image_not_found',
    });
  });

  it('erases nothing of another tenant', async () => {
    const { record } = await addReady(house.ports);
    await expect(
      eraseImage(house.ports, { tenantId: 'other', imageId: record.image_id }),
    ).rejects.toMatchObject({ code: 'image_not_found' });
    expect(await storedKeys(house.ports)).toHaveLength(3);
  });
});
