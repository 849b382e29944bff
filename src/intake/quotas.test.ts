import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isFailure } from '../failures.ts';
import { createAllowance } from '../limits/allowance.ts';
import { createMemoryBuckets } from '../limits/memory-buckets.ts';
import type { Quotas } from '../tenants/settings.ts';
import { createTenants, type Tenants } from '../tenants/tenants.ts';
import type { Intake } from './intake.ts';
import { HOUR, type House, inChunks, OWNER, openHouse, sample, TENANT } from './testing/house.ts';
import { codeOf } from './ways-in.contract.ts';

let house: House;
let tenants: Tenants;
let intake: Intake;
let cat: Buffer;

beforeEach(async () => {
  house = await openHouse();
  cat = await sample('chelsea.png');
  const { platform, clock } = house;
  tenants = createTenants({ store: platform.tenants, clock });
  const allowance = createAllowance({
    tenants,
    clock,
    usage: platform.usage,
    buckets: createMemoryBuckets(),
  });
  intake = house.intakeWith({ allowance });
});
afterEach(() => house.close());

const allow = (quotas: Partial<Quotas>) =>
  tenants.change(TENANT, (settings) => ({ ...settings, quotas: { ...settings.quotas, ...quotas } }));

const receive = (parts: { size?: number; idempotencyKey?: string; body?: AsyncIterable<Uint8Array> } = {}) =>
  intake.receive({ ...OWNER, source: 'direct', filename: 'cat.png', body: inChunks(cat), ...parts });

const reserve = (size = cat.length) =>
  intake.reserve({ ...OWNER, source: 'signed_upload', request: { filename: 'cat.png', size } });

const used = () => house.platform.usage.of(TENANT);

/** What the records say, added up anew. */
async function bytesRecorded(): Promise<number> {
  const images = await house.images();
  return images.reduce((sum, { record, declared }) => {
    const promised = record.status === 'awaiting_upload' ? (declared?.size ?? 0) : 0;
    return sum + (record.original?.size ?? promised);
  }, 0);
}

async function* neverRead(): AsyncGenerator<Uint8Array> {
  yield await Promise.reject(new Error('the body was read'));
}

describe('what a tenant uses', () => {
  it('is what its records say, through all that happens to an image', async () => {
    const { stored } = await receive();
    const place = (await reserve()).stored.record.image_id;
    await reserve(1000);
    expect(await used()).toEqual({ bytesStored: 2 * cat.length + 1000, imagesToday: 3 });
    await intake.receiveReserved(TENANT, place, { body: inChunks(cat) });
    expect(await used()).toEqual({ bytesStored: 2 * cat.length + 1000, imagesToday: 3 });
    await house.erase(TENANT, stored.record.image_id);
    expect(await used()).toEqual({ bytesStored: cat.length + 1000, imagesToday: 3 });
    expect(await bytesRecorded()).toBe(cat.length + 1000);
    expect(await house.platform.usage.of('other')).toEqual({ bytesStored: 0, imagesToday: 0 });
  });

  it('begins anew with each day, as far as images are counted', async () => {
    await receive();
    house.clock.advance(24 * HOUR);
    expect(await used()).toEqual({ bytesStored: cat.length, imagesToday: 0 });
  });
});

describe('a quota', () => {
  it('of bytes refuses what was announced before a byte of it is read', async () => {
    await allow({ bytes_stored: 1000 });
    const refused = receive({ size: cat.length, body: neverRead() });
    await expect(refused).rejects.toMatchObject({
      code: 'quota_exceeded',
      extra: { quota: 'bytes_stored', limit: 1000, needed: cat.length, resets_at: null },
    });
    expect(await codeOf(reserve(1001))).toBe('quota_exceeded');
    expect((await reserve(1000)).created).toBe(true);
    expect(await codeOf(reserve(1))).toBe('quota_exceeded');
  });

  it('of bytes refuses what turned out too large, and nothing of it is left', async () => {
    await allow({ bytes_stored: cat.length - 1 });
    expect(await codeOf(receive())).toBe('quota_exceeded');
    expect(await house.bytesLeft()).toEqual({ objects: [], partials: [], files: [] });
    expect([await house.images(), await used()]).toEqual([[], { bytesStored: 0, imagesToday: 0 }]);
  });

  it('of images is up at midnight, and says so', async () => {
    await allow({ images_per_day: 1 });
    await receive();
    const refusal = await receive().catch((error: unknown) => error);
    if (!isFailure(refusal, 'quota_exceeded')) throw refusal;
    const midnight = Date.parse(String(refusal.extra.resets_at));
    expect(midnight % (24 * HOUR)).toBe(0);
    expect(refusal.extra.retryAfterSeconds).toBeCloseTo((midnight - house.clock.now()) / 1000, -1);
    house.clock.advance(midnight - house.clock.now());
    expect((await receive()).created).toBe(true);
  });

  it('is never crossed by those who come at once', async () => {
    await allow({ images_per_day: 7 });
    const sent = Array.from({ length: 40 }, (_, index) => (index % 2 ? receive() : reserve()));
    const ended = await Promise.allSettled(sent);
    const refusals = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refusals).toHaveLength(33);
    expect(refusals.every((reason) => isFailure(reason, 'quota_exceeded'))).toBe(true);
    expect(await used()).toMatchObject({ imagesToday: 7, bytesStored: 7 * cat.length });
    expect(await bytesRecorded()).toBe(7 * cat.length);
  });

  it('does not stand in the way of what was promised or received before', async () => {
    const place = (await reserve()).stored.record.image_id;
    await receive({ idempotencyKey: 'once' });
    await allow({ images_per_day: 0, bytes_stored: 0 });
    expect((await receive({ idempotencyKey: 'once' })).created).toBe(false);
    const { stored } = await intake.receiveReserved(TENANT, place, { body: inChunks(cat) });
    expect(stored.record.status).toBe('received');
    expect(await codeOf(receive({ idempotencyKey: 'another' }))).toBe('quota_exceeded');
  });
});
