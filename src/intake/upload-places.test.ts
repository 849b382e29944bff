import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objectKeys } from '../images/keys.ts';
import type { UploadRequest } from './intake.ts';
import { createIntake } from './receive.ts';
import { type House, inChunks, OWNER, openHouse, sample, sha256, TENANT } from './testing/house.ts';

// What lies under the key of an original without any process having seen it come, as an event of the store tells.
let house: House;
let cat: Buffer;
beforeEach(async () => {
  house = await openHouse();
  cat = await sample('chelsea.png');
});
afterEach(() => house.close());

async function reserve(request: Partial<UploadRequest> = {}): Promise<string> {
  const { stored } = await house.intake.reserve({
    ...OWNER,
    source: 'signed_upload',
    request: { filename: 'cat.png', size: cat.length, ...request },
  });
  return stored.record.image_id;
}

async function putIntoStore(imageId: string, bytes: Buffer = cat): Promise<void> {
  const attributes = { contentType: 'image/png' };
  await house.platform.objects.put(objectKeys.original(TENANT, imageId), inChunks(bytes), { attributes });
}

const record = async (imageId: string) => (await house.platform.catalog.read(TENANT, imageId))?.record;

describe('a file that its sender has put into the store', () => {
  it('becomes an image, once', async () => {
    const imageId = await reserve({ sha256: sha256(cat) });
    await putIntoStore(imageId);
    const first = await house.intake.completePartial(TENANT, imageId);
    expect(first).toMatchObject({
      created: true,
      stored: {
        record: {
          status: 'received',
          source: 'signed_upload',
          original: { filename: 'cat.png', content_type: 'image/png', size: cat.length, sha256: sha256(cat) },
        },
      },
    });
    const again = await house.intake.completePartial(TENANT, imageId);
    expect(again).toMatchObject({ created: false, stored: { record: { status: 'received' } } });
  });

  it('becomes one image where events of it come to many processes at once', async () => {
    const imageId = await reserve();
    await putIntoStore(imageId);
    const processes = Array.from({ length: 6 }, () => createIntake(house.deps));
    const landed = await Promise.allSettled(
      processes.map((intake) => intake.completePartial(TENANT, imageId)),
    );
    expect(landed.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await record(imageId)).toMatchObject({ status: 'received', original: { size: cat.length } });
    expect(await house.platform.objects.head(objectKeys.original(TENANT, imageId))).toBeDefined();
  });

  it.each<[string, Partial<UploadRequest>, (cat: Buffer) => Buffer, string]>([
    ['shorter than declared', {}, (bytes) => bytes.subarray(0, 5_000), 'length_mismatch'],
    ['longer than declared', {}, (bytes) => Buffer.concat([bytes, bytes]), 'length_mismatch'],
    ['not what was declared', { sha256: 'a'.repeat(64) }, (bytes) => bytes, 'checksum_mismatch'],
    ['no picture', {}, (bytes) => Buffer.alloc(bytes.length, 'text'), 'unsupported_format'],
  ])('is rejected where it is %s, and its bytes go', async (_name, request, bytes, code) => {
    const imageId = await reserve(request);
    await putIntoStore(imageId, bytes(cat));
    await expect(house.intake.completePartial(TENANT, imageId)).rejects.toMatchObject({ code });
    expect(await record(imageId)).toMatchObject({ status: 'rejected', error: { code } });
    expect(await house.platform.objects.head(objectKeys.original(TENANT, imageId))).toBeUndefined();
  });

  it('is not there yet where an event came too early', async () => {
    const imageId = await reserve();
    const completing = house.intake.completePartial(TENANT, imageId);
    await expect(completing).rejects.toMatchObject({ code: 'offset_mismatch' });
    expect(await record(imageId)).toMatchObject({ status: 'awaiting_upload' });
  });
});
