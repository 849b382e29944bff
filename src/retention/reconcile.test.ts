import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredImage } from '../images/image.ts';
import { objectKeys } from '../images/keys.ts';
import { eraseImage } from './erase.ts';
import { reconcile } from './reconcile.ts';
import {
  addPartial,
  addReady,
  addReceived,
  bytesOf,
  type House,
  once,
  openHouse,
  publish,
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

/** Later than anything that was written before. */
const later = () => house.clock.advance(60_000);
const mend = () => reconcile(house.ports, { mend: true, graceMs: 1000 });
const look = () => reconcile(house.ports, { mend: false, graceMs: 1000 });

async function putObject(key: string): Promise<string> {
  await house.ports.objects.put(key, once(bytesOf(key).bytes), { attributes: { contentType: 'image/jpeg' } });
  return key;
}

const NOBODY = '01900000-0000-7000-8000-000000000000';

describe('objects without a record', () => {
  const cases: [string, () => Promise<string>][] = [
    ['an original whose record was never committed', () => putObject(objectKeys.original(TENANT, NOBODY))],
    ['variants of nobody', () => putObject(objectKeys.variant(TENANT, NOBODY, 1, 'medium', 'webp'))],
    [
      'an older generation',
      async () => {
        const { record } = await publish(
          house.ports,
          await publish(house.ports, await addReceived(house.ports)),
        );
        return putObject(objectKeys.variant(TENANT, record.image_id, 1, 'medium', 'webp'));
      },
    ],
    [
      'a file of the published generation that the record does not name',
      async () => {
        const { record } = await addReady(house.ports);
        return putObject(objectKeys.variant(TENANT, record.image_id, 1, 'medium', 'avif'));
      },
    ],
    [
      'what an upload brought after the image had been erased',
      async () => {
        const image = await addPartial(house.ports);
        const { record } = await bury(house.ports, image, 'erased');
        await house.ports.upkeep.markPurged(TENANT, record.image_id);
        return putObject(objectKeys.original(TENANT, record.image_id));
      },
    ],
  ];

  it.each(cases)('deletes %s', async (_what, leave) => {
    const key = await leave();
    later();
    const report = await mend();
    expect(report.findings.filter(({ kind }) => kind !== 'orphan_partial_upload')).toMatchObject([
      { kind: 'orphan_object', keys: [key], done: 'deleted' },
    ]);
    expect(await storedKeys(house.ports)).not.toContain(key);
    expect((await look()).findings).toEqual([]);
  });

  it.each(cases)('only names %s when it is not to mend', async (_what, leave) => {
    const key = await leave();
    later();
    expect((await look()).findings).toContainEqual(
      expect.objectContaining({ kind: 'orphan_object', keys: [key], done: 'none' }),
    );
    expect(await storedKeys(house.ports)).toContain(key);
  });

  it('leaves what is young: its record may be on its way', async () => {
    const key = await putObject(objectKeys.original(TENANT, NOBODY));
    expect((await reconcile(house.ports, { mend: true })).findings).toEqual([]);
    expect(await storedKeys(house.ports)).toEqual([key]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['published', () => addReady(house.ports)],
    [
      'uploaded by a reservation whose record is not written yet',
      async () => {
        const { record } = await addPartial(house.ports);
        await putObject(objectKeys.original(TENANT, record.image_id));
      },
    ],
  ])('leaves what is %s', async (_what, leave) => {
    await leave();
    later();
    const before = await storedKeys(house.ports);
    expect((await mend()).findings).toEqual([]);
    expect(await storedKeys(house.ports)).toEqual(before);
  });

  it('leaves the files of a run that will be made again', async () => {
    const { record } = await addReceived(house.ports);
    const key = await putObject(objectKeys.variant(TENANT, record.image_id, 1, 'medium', 'webp'));
    later();
    expect((await mend()).findings).toMatchObject([{ kind: 'lost_run' }]);
    expect(await storedKeys(house.ports)).toContain(key);
  });
});

describe('records without objects', () => {
  async function lose(image: StoredImage, which: (key: string) => boolean): Promise<void> {
    const keys = [image.record.original?.key ?? '', ...image.record.variants.map(({ key }) => key)];
    await house.ports.objects.delete(keys.filter(which));
    later();
  }
  const isOriginal = (key: string) => key.startsWith('raw/');
  const isVariant = (key: string) => key.startsWith('processed/');

  it('says of an image that can no longer be processed that it failed', async () => {
    const image = await addReceived(house.ports);
    await lose(image, isOriginal);
    const report = await mend();
    expect(report.findings).toMatchObject([
      { kind: 'run_impossible', imageId: image.record.image_id, done: 'marked_failed' },
    ]);
    const now = await house.ports.catalog.read(TENANT, image.record.image_id);
    expect(now?.record).toMatchObject({ status: 'failed', error: { code: 'object_not_found' } });
    const events = await house.ports.events.since(TENANT, undefined, 100);
    expect(events.at(-1)).toMatchObject({ type: 'image.failed', errorCode: 'object_not_found' });
  });

  it('asks for variants that are missing to be made again, and shows the old record until they are', async () => {
    const image = await addReady(house.ports);
    await lose(image, isVariant);
    const report = await mend();
    expect(report.findings).toMatchObject([{ kind: 'variants_missing', done: 'reprocess_asked' }]);
    const now = await house.ports.catalog.read(TENANT, image.record.image_id);
    expect(now).toMatchObject({ generation: 1, run: { generation: 2 }, record: { status: 'ready' } });
    const events = await house.ports.events.since(TENANT, undefined, 100);
    expect(events.at(-1)).toMatchObject({ type: 'image.reprocess_asked', generation: 2 });
    if (now) await publish(house.ports, now);
    later();
    expect((await look()).findings).toEqual([]);
  });

  it('asks only once', async () => {
    const image = await addReady(house.ports);
    await lose(image, isVariant);
    await mend();
    expect((await mend()).findings).toMatchObject([{ kind: 'variants_missing', done: 'queued' }]);
    const now = await house.ports.catalog.read(TENANT, image.record.image_id);
    expect(now?.run?.generation).toBe(2);
  });

  it('names an original that nothing can bring back, and leaves its variants', async () => {
    const image = await addReady(house.ports);
    await lose(image, isOriginal);
    expect((await mend()).findings).toMatchObject([{ kind: 'original_missing', done: 'none' }]);
    expect(await storedKeys(house.ports)).toHaveLength(2);
  });
});

it('does not take an image for damaged that was erased while it looked', async () => {
  const { record } = await addReady(house.ports);
  later();
  const { objects: real } = house.ports;
  const objects = withMethods(real, {
    head: async (key) => {
      if (await house.ports.catalog.read(TENANT, record.image_id)) {
        await eraseImage(house.ports, { tenantId: TENANT, imageId: record.image_id });
      }
      return real.head(key);
    },
  });
  expect((await reconcile({ ...house.ports, objects }, { mend: false })).findings).toEqual([]);
});

describe('lost runs', () => {
  it('sends the message again where the queue has none', async () => {
    const { record } = await addReceived(house.ports);
    later();
    await mend();
    await mend();
    const deliveries = await house.ports.queue.receive({ max: 10, waitMs: 1000, leaseMs: 1000 });
    expect(deliveries.map(({ work }) => work)).toEqual([
      { v: 1, kind: 'run', tenant_id: TENANT, image_id: record.image_id, generation: 1 },
    ]);
  });

  it('leaves an image alone that was written a moment ago', async () => {
    await addReceived(house.ports);
    expect((await reconcile(house.ports, { mend: true })).findings).toEqual([]);
  });
});

it('removes the pieces of an upload whose image is complete', async () => {
  const image = await addPartial(house.ports);
  const { tenant_id: tenantId, image_id: imageId } = image.record;
  await house.ports.catalog.replace(
    image,
    {
      ...image,
      record: { ...image.record, status: 'rejected', error: { code: 'empty_file', message: 'x' } },
    },
    [],
  );
  later();
  expect((await mend()).findings).toMatchObject([
    { kind: 'orphan_partial_upload', tenantId, imageId, done: 'deleted' },
  ]);
  expect(await house.ports.partialUploads.find(TENANT, imageId)).toBeUndefined();
});
