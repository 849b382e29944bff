import { unlink, utimes, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredImage } from '../images/image.ts';
import { objectKeys } from '../images/keys.ts';
import {
  addPartial,
  addReady,
  bytesOf,
  DAY,
  filesBelow,
  type House,
  once,
  openHouse,
  TENANT,
} from './testing/house.ts';
import { bury } from './tombstone.ts';
import { verify } from './verify.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

describe('verify', () => {
  const original = ({ record }: StoredImage) => record.original?.key ?? '';

  /** The file that holds an object, whatever its place. */
  async function fileOf(key: string): Promise<string> {
    const name = key.split('/').slice(-2).join('/');
    const found = (await filesBelow(house.folder)).find((file) => file.endsWith(name));
    if (!found) throw new Error(`no file of ${key}`);
    return found;
  }

  it('finds everything sound, and counts what it read', async () => {
    await addReady(house.ports);
    await addPartial(house.ports);
    const seen: number[] = [];
    const report = await verify(house.ports, { onProgress: ({ images }) => seen.push(images) });
    expect(report).toMatchObject({
      sound: true,
      images: 2,
      objects: 3,
      problems: [],
      database: [],
      orphans: [],
    });
    expect(report.bytes).toBeGreaterThan(100);
    expect(seen).toEqual([1, 2]);
  });

  it.each<[string, (path: string, bytes: Buffer) => Promise<void>, string, RegExp]>([
    ['a flipped bit', (path, bytes) => writeFile(path, flipped(bytes)), 'damaged', /SHA-256/],
    [
      'a missing last byte',
      (path, bytes) => writeFile(path, bytes.subarray(1)),
      'damaged',
      /bytes, recorded were/,
    ],
    ['a deleted file', (path) => unlink(path), 'missing', /raw\//],
  ])('finds %s', async (_what, damage, kind, detail) => {
    await addReady(house.ports);
    const image = await addReady(house.ports);
    const key = original(image);
    await damage(await fileOf(key), bytesOf(key).bytes);
    const report = await verify(house.ports);
    expect(report.sound).toBe(false);
    expect(report.problems).toMatchObject([{ kind, key, imageId: image.record.image_id }]);
    expect(report.problems[0]?.detail).toMatch(detail);
  });

  it('lists orphans, which cost space and no data', async () => {
    const key = objectKeys.original(TENANT, '01900000-0000-7000-8000-000000000000');
    await house.ports.objects.put(key, once(bytesOf(key).bytes), {
      attributes: { contentType: 'image/jpeg' },
    });
    await utimes(await fileOf(key), 0, 0);
    expect(await verify(house.ports)).toMatchObject({ sound: true, orphans: [{ key, why: 'no_record' }] });
  });

  it('asks the database too', async () => {
    const report = await verify(house.ports, { checkDatabase: async () => ['page 3 is torn'] });
    expect(report).toMatchObject({ sound: false, database: ['page 3 is torn'] });
  });

  it('expects nothing of what is gone', async () => {
    const image = await addReady(house.ports, { lifeMs: DAY });
    await bury(house.ports, image, 'erased');
    expect(await verify(house.ports)).toMatchObject({ sound: true, images: 0 });
  });

  function flipped(bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(0) ^ 1, 0);
    return copy;
  }
});
