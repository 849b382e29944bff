import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../failures.ts';
import { objectKeys } from '../images/keys.ts';
import type { ReservedArrival, UploadRequest } from './intake.ts';
import { UploadRequest as UploadRequestSchema } from './intake.ts';
import { createIntake } from './receive.ts';
import { dyingAt } from './testing/dying.ts';
import {
  brokenAfter,
  HOUR,
  type House,
  inChunks,
  MAX_BYTES,
  OWNER,
  openHouse,
  sample,
  sha256,
  TENANT,
  withMethods,
} from './testing/house.ts';
import { codeOf } from './ways-in.contract.ts';

let house: House;
let cat: Buffer;
let rocket: Buffer;

beforeEach(async () => {
  house = await openHouse();
  [cat, rocket] = await Promise.all([sample('chelsea.png'), sample('rocket.jpg')]);
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

async function put(imageId: string, parts: Partial<ReservedArrival> = {}, intake = house.intake) {
  return await intake.receiveReserved(TENANT, imageId, { body: inChunks(cat), ...parts });
}

async function statusOf(imageId: string): Promise<string | undefined> {
  return (await house.platform.catalog.read(TENANT, imageId))?.record.status;
}

describe('a request for a place', () => {
  it.each([
    ['no name', { size: 1 }],
    ['no size', { filename: 'a' }],
    ['a size that is text', { filename: 'a', size: '1' }],
    ['a negative size', { filename: 'a', size: -1 }],
    ['half a byte', { filename: 'a', size: 1.5 }],
    ['a size beyond all numbers', { filename: 'a', size: 1e300 }],
    ['a checksum in upper case', { filename: 'a', size: 1, sha256: 'A'.repeat(64) }],
    ['a name of a megabyte', { filename: 'a'.repeat(1_000_000), size: 1 }],
    ['fields that are ours to set: a status', { filename: 'a', size: 1, status: 'ready' }],
    ['fields that are ours to set: a tenant', { filename: 'a', size: 1, tenant_id: 'other' }],
    ['tags that are no text', { filename: 'a', size: 1, tags: { a: 1 } }],
    ['nothing', undefined],
  ])('is refused with %s', (_, request) => {
    expect(UploadRequestSchema.safeParse(request).success).toBe(false);
  });

  it.each([
    ['an empty file', { size: 0 }, 'empty_file'],
    ['a file that is too large', { size: MAX_BYTES + 1 }, 'file_too_large'],
    ['a pipeline that does not exist', { pipeline: 'nope' }, 'pipeline_not_found'],
  ] as const)('is refused at once for %s', async (_, request, code) => {
    expect(await codeOf(reserve(request))).toBe(code);
    expect(await house.images()).toEqual([]);
  });

  it('makes a record that waits, with what was declared, for a day', async () => {
    const tags = { team: 'web' };
    const imageId = await reserve({
      filename: '../cat.png',
      content_type: 'image/svg+xml',
      sha256: sha256(cat),
      tags,
    });
    const stored = await house.platform.catalog.read(TENANT, imageId);
    expect(stored?.declared).toEqual({
      filename: '.._cat.png',
      content_type: 'image/svg+xml',
      size: cat.length,
      sha256: sha256(cat),
    });
    expect(stored?.record).toMatchObject({ status: 'awaiting_upload', source: 'signed_upload', tags });
    expect(stored?.record.original).toBeUndefined();
    expect(await house.events()).toMatchObject([{ type: 'image.awaiting_upload', imageId }]);
    house.clock.advance(24 * HOUR - 60_000);
    expect(await statusOf(imageId)).toBe('awaiting_upload');
    house.clock.advance(60_000);
    expect(await statusOf(imageId)).toBeUndefined();
  });
});

describe('the file of a reservation', () => {
  it('becomes the image, whose life begins when it is here', async () => {
    const imageId = await reserve({ tags: { team: 'web' } });
    house.clock.advance(23 * HOUR);
    const { stored, created } = await put(imageId);
    expect(created).toBe(true);
    expect(stored.declared).toBeUndefined();
    expect(stored.record).toMatchObject({ image_id: imageId, status: 'received', tags: { team: 'web' } });
    expect(Date.parse(stored.record.upload_time)).toBeGreaterThanOrEqual(house.clock.now() - 60_000);
    expect(Date.parse(stored.record.expires_at) - Date.parse(stored.record.upload_time)).toBe(7 * 24 * HOUR);
  });

  it.each([
    ['announced with another length', { size: 1 }, 'length_mismatch'],
    ['announced with another checksum', { sha256: sha256(Buffer.of(1)) }, 'checksum_mismatch'],
  ] as const)('%s is refused before a byte is read', async (_, announced, code) => {
    const imageId = await reserve({ sha256: sha256(cat) });
    let read = 0;
    async function* body() {
      read += 1;
      yield cat;
    }
    expect(await codeOf(put(imageId, { body: body(), ...announced }))).toBe(code);
    expect(read).toBe(0);
  });

  it('may be checked against a checksum that only comes with it', async () => {
    const imageId = await reserve();
    expect(await codeOf(put(imageId, { sha256: sha256(rocket) }))).toBe('checksum_mismatch');
    expect(await codeOf(put(imageId, { sha256: sha256(cat) }))).toBe('none');
  });

  it('may be sent again after any refusal', async () => {
    const imageId = await reserve();
    const text = Buffer.alloc(cat.length, 'text');
    expect(await codeOf(put(imageId, { body: inChunks(text) }))).toBe('unsupported_format');
    expect(await codeOf(put(imageId, { body: brokenAfter(cat, 100_000) }))).toBe('upload_interrupted');
    expect(await codeOf(put(imageId, { body: inChunks(cat.subarray(1)) }))).toBe('unsupported_format');
    expect(await codeOf(put(imageId, { body: inChunks(cat.subarray(0, -1)) }))).toBe('length_mismatch');
    expect(await statusOf(imageId)).toBe('awaiting_upload');
    expect(await codeOf(put(imageId))).toBe('none');
  });

  it('sent again answers the same record, for who lost the first answer', async () => {
    const imageId = await reserve();
    const first = await put(imageId);
    const second = await put(imageId);
    expect(second).toEqual({ ...first, created: false });
    expect((await house.events()).filter(({ type }) => type === 'image.received')).toHaveLength(1);
  });

  it.each([
    [
      'other bytes of the same length',
      () => ({ body: inChunks(Buffer.concat([cat.subarray(0, -1), Buffer.of(1)])) }),
    ],
    ['fewer bytes', () => ({ body: inChunks(cat.subarray(0, 1_000)) })],
    ['more bytes', () => ({ body: inChunks(Buffer.concat([cat, cat])) })],
    ['another announced length', () => ({ size: 1 })],
  ])('cannot be replaced by %s', async (_, other) => {
    const imageId = await reserve();
    await put(imageId);
    expect(await codeOf(put(imageId, other()))).toBe('already_uploaded');
    const key = objectKeys.original(TENANT, imageId);
    expect((await house.platform.objects.head(key))?.size).toBe(cat.length);
  });

  it.each([
    ['of another tenant', async () => {}, 'other'],
    ['that was erased', (imageId: string) => house.erase(TENANT, imageId), TENANT],
    ['that has expired', async () => house.clock.advance(24 * HOUR), TENANT],
  ])('finds no place %s', async (_, happened, tenantId) => {
    const imageId = await reserve();
    await happened(imageId);
    expect(await codeOf(house.intake.receiveReserved(tenantId, imageId, { body: inChunks(cat) }))).toBe(
      'image_not_found',
    );
    expect(await house.bytesLeft()).toEqual({ objects: [], partials: [], files: [] });
  });

  it('leaves nothing where the image is erased while it comes in', async () => {
    const imageId = await reserve();
    async function* body() {
      yield cat.subarray(0, 100_000);
      await house.erase(TENANT, imageId);
      yield cat.subarray(100_000);
    }
    expect(await codeOf(put(imageId, { body: body() }))).toBe('image_not_found');
    expect(await house.bytesLeft()).toEqual({ objects: [], partials: [], files: [] });
  });

  it('leaves no bytes where the catalog fails, and may be sent again', async () => {
    const imageId = await reserve();
    const catalog = withMethods(house.platform.catalog, {
      replace: () => Promise.reject(new Failure('storage_unavailable', 'no')),
    });
    expect(await codeOf(put(imageId, {}, house.intakeWith({ catalog })))).toBe('storage_unavailable');
    expect((await house.bytesLeft()).objects).toEqual([]);
    expect(await codeOf(put(imageId))).toBe('none');
  });
});

describe('a place that is taken', () => {
  it('is not read further than it takes to see that the bytes are others', async () => {
    const imageId = await reserve();
    await put(imageId);
    let read = 0;
    async function* endless() {
      for (yield cat; read < 10_000_000; read += 1_000) yield Buffer.alloc(1_000);
    }
    expect(await codeOf(put(imageId, { body: endless() }))).toBe('already_uploaded');
    expect(read).toBeLessThanOrEqual(1_000);
  });

  it('between the look and the write, by another process, is not overwritten', async () => {
    const imageId = await reserve();
    const key = objectKeys.original(TENANT, imageId);
    await house.platform.objects.put(key, inChunks(rocket), { attributes: { contentType: 'image/jpeg' } });
    const objects = withMethods(house.platform.objects, { head: async () => undefined });
    expect(await codeOf(put(imageId, {}, house.intakeWith({ objects })))).toBe('upload_in_progress');
    expect((await house.platform.objects.head(key))?.size).toBe(rocket.length);
  });

  it('leaves nothing of pieces that had come before', async () => {
    const imageId = await reserve();
    await house.intake.addPiece(TENANT, imageId, 0, inChunks(cat.subarray(0, 100_000)));
    await put(imageId);
    expect(await house.bytesLeft()).toMatchObject({ partials: [], files: [] });
  });
});

describe('several at once', () => {
  it('of the same file are one image, and all get it', async () => {
    const imageId = await reserve();
    const landed = await Promise.all(Array.from({ length: 8 }, () => put(imageId)));
    expect(landed.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(landed.map(({ stored }) => stored.version))).toEqual(new Set([2]));
  });

  it('of different files: the first wins, whole', async () => {
    const other = Buffer.concat([cat.subarray(0, -1), Buffer.of(1)]);
    for (let round = 0; round < 10; round += 1) {
      const imageId = await reserve();
      const codes = await Promise.all(
        [cat, other, cat, other].map((bytes) => codeOf(put(imageId, { body: inChunks(bytes, 1_000) }))),
      );
      expect(codes).toEqual(['none', 'already_uploaded', 'none', 'already_uploaded']);
    }
  });

  it('the second overtakes a first whose connection is dead', async () => {
    const imageId = await reserve();
    async function* dead() {
      yield cat.subarray(0, 100_000);
      await new Promise(() => {});
    }
    const first = codeOf(put(imageId, { body: dead() }));
    const second = put(imageId);
    expect(await first).toBe('upload_interrupted');
    expect((await second).stored.record.status).toBe('received');
    expect((await house.bytesLeft()).files).toEqual([]);
  });
});

describe('after a crash', () => {
  it('between the bytes and the record, the same bytes go on and others do not', async () => {
    const imageId = await reserve();
    await house.platform.objects.put(objectKeys.original(TENANT, imageId), inChunks(cat), {
      attributes: { contentType: 'image/png' },
    });
    const other = Buffer.concat([cat.subarray(0, -1), Buffer.of(1)]);
    expect(await codeOf(put(imageId, { body: inChunks(other) }))).toBe('upload_in_progress');
    expect((await put(imageId)).stored.record.original?.sha256).toBe(sha256(cat));
  });

  it('between the bytes and the record, going on in pieces finds that nothing is missing', async () => {
    const imageId = await reserve();
    await house.platform.objects.put(objectKeys.original(TENANT, imageId), inChunks(cat), {
      attributes: { contentType: 'image/png' },
    });
    expect(await house.intake.pieces(TENANT, imageId)).toMatchObject({
      offset: cat.length,
      length: cat.length,
    });
    expect(await statusOf(imageId)).toBe('received');
  });

  it('at any call, its sender comes again and there is one image', async () => {
    for (const moment of ['before', 'after'] as const) {
      for (let call = 1; ; call += 1) {
        const imageId = await reserve();
        const dying = dyingAt(house.deps, { call, moment });
        await put(imageId, {}, createIntake(dying.deps)).catch(() => {});
        if (!dying.hasDied()) break;
        expect(call).toBeLessThan(20);

        const { stored } = await put(imageId);
        expect(stored.record, `${moment} call ${call}`).toMatchObject({
          status: 'received',
          image_id: imageId,
        });
        const kept = await house.platform.objects.head(stored.record.original?.key ?? '');
        expect(kept?.size).toBe(cat.length);
        const received = (await house.events()).filter(
          (event) => event.type === 'image.received' && event.imageId === imageId,
        );
        expect(received).toHaveLength(1);
      }
    }
    expect((await house.bytesLeft()).files).toEqual([]);
  });
});
