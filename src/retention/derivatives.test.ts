import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { factsOf, keyOf } from '../delivery/derivative-cache.contract.ts';
import { Failure } from '../failures.ts';
import type { StoredImage } from '../images/image.ts';
import { eraseImage } from './erase.ts';
import { sweep } from './sweep.ts';
import { addReady, DAY, filesBelow, type House, openHouse, TENANT } from './testing/house.ts';

/** What was made of an image on request goes with it. */

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const cachedFiles = () => filesBelow(join(house.folder, 'data', 'cache'));

/** An image of which a picture was made on request. */
async function addDelivered(number: number, lifeMs?: number): Promise<StoredImage> {
  const image = await addReady(house.ports, lifeMs === undefined ? {} : { lifeMs });
  const bytes = Buffer.from(`picture ${number}`);
  const path = join(house.folder, 'made');
  await writeFile(path, bytes);
  const making = house.platform.derivatives.begin({ tenantId: TENANT, imageId: image.record.image_id });
  await making.keep(keyOf(number), { path, facts: factsOf(bytes) });
  making.end();
  return image;
}

const isKept = async (number: number) => (await house.platform.derivatives.get(keyOf(number))) !== undefined;

describe('pictures made on request', () => {
  it('are gone with an image that is erased, and no others', async () => {
    const [erased] = [await addDelivered(1), await addDelivered(2)];
    await eraseImage(house.ports, { tenantId: TENANT, imageId: erased.record.image_id });
    expect([await isKept(1), await isKept(2)]).toEqual([false, true]);
    expect(await cachedFiles()).toHaveLength(1);
  });

  it('are gone with an image that has expired', async () => {
    await addDelivered(1, DAY);
    await addDelivered(2, 3 * DAY);
    house.clock.advance(2 * DAY);
    await sweep(house.ports);
    expect([await isKept(1), await isKept(2)]).toEqual([false, true]);
    expect(await cachedFiles()).toHaveLength(1);
  });

  it('are gone with the next sweep where they could not be deleted at once', async () => {
    const { record } = await addDelivered(1);
    const derivatives = {
      purgeImage: () => Promise.reject(new Failure('storage_unavailable', 'not now')),
    };
    const erasing = eraseImage(
      { ...house.ports, derivatives },
      { tenantId: TENANT, imageId: record.image_id },
    );
    await expect(erasing).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(await isKept(1)).toBe(true);
    await sweep(house.ports);
    expect(await isKept(1)).toBe(false);
    expect(await cachedFiles()).toEqual([]);
  });
});
