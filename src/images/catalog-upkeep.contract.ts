import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CatalogUnderTest, OpenCatalog } from './catalog.contract.ts';
import { type ControlledClock, createFakeClock } from './clock.contract.ts';
import { type ImageRecord, STATUSES, type StoredImage } from './image.ts';
import { anImage, changed } from './testing/images.ts';

const HOUR = 3_600_000;

/** What retention and repair see of every catalog. */
export function catalogUpkeepContract(name: string, open: OpenCatalog): void {
  describe(`${name} keeps the CatalogUpkeep contract`, () => {
    let clock: ControlledClock;
    let opened: CatalogUnderTest;

    beforeEach(async () => {
      clock = createFakeClock();
      opened = await open(clock);
    });
    afterEach(() => opened.close());

    const add = async (user: string, differences: Partial<ImageRecord> = {}): Promise<StoredImage> =>
      (await opened.catalog.create(anImage(clock.now(), { user_id: user, ...differences }))).stored;
    const become = (image: StoredImage, status: ImageRecord['status']) =>
      opened.catalog.replace(image, changed(image, { status }), []);
    const users = (images: readonly StoredImage[]) => images.map(({ record }) => record.user_id).join('');
    const inHours = (hours: number) => new Date(clock.now() + hours * HOUR).toISOString();
    const ours = ({ record }: StoredImage) => [record.tenant_id, record.image_id] as const;

    describe('expired', () => {
      it('answers what is past its time, of all tenants, oldest first', async () => {
        await add('b', { expires_at: inHours(2) });
        await add('a', { expires_at: inHours(1), tenant_id: 'theirs' });
        await add('c', { expires_at: inHours(3) });
        await clock.advance(2 * HOUR - 1);
        expect(users(await opened.upkeep.expired(10))).toBe('a');
        await clock.advance(1);
        expect(users(await opened.upkeep.expired(10))).toBe('ab');
        expect(users(await opened.upkeep.expired(1))).toBe('a');
      });

      it.each(STATUSES)('knows whether %s can still expire', async (status) => {
        await add('a', { status, expires_at: inHours(1) });
        await clock.advance(HOUR);
        const isTombstone = status === 'expired' || status === 'erased';
        expect(users(await opened.upkeep.expired(10))).toBe(isTombstone ? '' : 'a');
      });
    });

    describe('tombstones', () => {
      it('are unpurged until they are marked', async () => {
        const image = await add('a');
        await add('b');
        expect(await opened.upkeep.unpurged(10)).toEqual([]);
        const tombstone = await become(image, 'erased');
        expect(await opened.upkeep.unpurged(10)).toEqual([tombstone]);
        await opened.upkeep.markPurged(...ours(image));
        await opened.upkeep.markPurged(...ours(image));
        expect(await opened.upkeep.unpurged(10)).toEqual([]);
        expect(await opened.upkeep.readAny(...ours(image))).toEqual(tombstone);
      });

      it('are marked by their own tenant alone', async () => {
        const image = await become(await add('a', { tenant_id: 'theirs' }), 'erased');
        await opened.upkeep.markPurged('ours', image.record.image_id);
        expect(await opened.upkeep.unpurged(10)).toEqual([image]);
      });

      it('are the only ones that can be marked', async () => {
        const image = await add('a');
        await opened.upkeep.markPurged(...ours(image));
        const tombstone = await become(image, 'erased');
        expect(await opened.upkeep.unpurged(10)).toEqual([tombstone]);
      });

      it('are listed up to the limit', async () => {
        for (const user of ['a', 'b', 'c']) await become(await add(user), 'expired');
        expect(await opened.upkeep.unpurged(2)).toHaveLength(2);
      });

      it('are forgotten when they are old and purged', async () => {
        const old = await become(await add('a'), 'erased');
        const unpurged = await become(await add('b'), 'erased');
        const alive = await add('c');
        await opened.upkeep.markPurged(...ours(old));
        await clock.advance(HOUR);
        const young = await become(await add('d'), 'erased');
        await opened.upkeep.markPurged(...ours(young));
        expect(await opened.upkeep.forgetTombstones(clock.now() - HOUR)).toBe(0);
        expect(await opened.upkeep.forgetTombstones(clock.now())).toBe(1);
        expect(await opened.upkeep.readAny(...ours(old))).toBeUndefined();
        for (const kept of [unpurged, alive, young]) {
          expect(await opened.upkeep.readAny(...ours(kept))).toEqual(kept);
        }
      });

      it('take old idempotency keys with them', async () => {
        const create = (key: string) =>
          opened.catalog.create(anImage(clock.now()), { idempotency: { key, requestHash: 'h' } });
        await create('old');
        await clock.advance(HOUR);
        await create('young');
        await opened.upkeep.forgetTombstones(clock.now());
        expect(await opened.catalog.readByIdempotencyKey('ours', 'old')).toBeUndefined();
        expect(await opened.catalog.readByIdempotencyKey('ours', 'young')).toBeDefined();
      });
    });

    describe('stalled', () => {
      it.each(STATUSES)('knows whether %s waits for work', async (status) => {
        await add('a', { status });
        await clock.advance(1);
        const waits = status === 'received' || status === 'processing';
        expect(users(await opened.upkeep.stalled(clock.now(), 10))).toBe(waits ? 'a' : '');
      });

      it('goes by the last write', async () => {
        const touched = await add('a');
        await add('b');
        await clock.advance(HOUR);
        await become(touched, 'processing');
        expect(users(await opened.upkeep.stalled(clock.now(), 10))).toBe('b');
        await clock.advance(1);
        expect(users(await opened.upkeep.stalled(clock.now(), 10))).toBe('ba');
        expect(users(await opened.upkeep.stalled(clock.now(), 1))).toBe('b');
      });
    });

    describe('all', () => {
      const everything = async () => {
        const found: StoredImage[] = [];
        for await (const image of opened.upkeep.all()) found.push(image);
        return found;
      };

      it('gives each record of each tenant once, tombstones and expired ones too, in the same order again', async () => {
        const count = 600;
        for (let number = 0; number < count; number += 1) {
          await add('u', { tenant_id: `tenant-${number % 7}`, status: STATUSES[number % 8] ?? 'ready' });
        }
        await clock.advance(30 * 24 * HOUR);
        const found = await everything();
        expect(new Set(found.map(({ record }) => record.image_id)).size).toBe(count);
        expect(found).toHaveLength(count);
        expect(await everything()).toEqual(found);
      });

      it('goes on where records are forgotten meanwhile', async () => {
        for (const user of ['a', 'b', 'c']) await add(user);
        const seen: string[] = [];
        for await (const image of opened.upkeep.all()) {
          seen.push(image.record.user_id);
          await opened.upkeep.markPurged(...ours(await become(image, 'erased')));
          await clock.advance(1);
          await opened.upkeep.forgetTombstones(clock.now());
        }
        expect(seen.toSorted()).toEqual(['a', 'b', 'c']);
        expect(await everything()).toEqual([]);
      });
    });

    it('counts the images of each status', async () => {
      expect(await opened.upkeep.counts()).toEqual({});
      const first = await add('a');
      await add('b', { tenant_id: 'theirs' });
      await add('c', { status: 'ready' });
      expect(await opened.upkeep.counts()).toEqual({ received: 2, ready: 1 });
      const erased = await become(first, 'erased');
      expect(await opened.upkeep.counts()).toEqual({ received: 1, ready: 1, erased: 1 });
      await opened.upkeep.markPurged(...ours(erased));
      await clock.advance(1);
      await opened.upkeep.forgetTombstones(clock.now());
      expect(await opened.upkeep.counts()).toEqual({ received: 1, ready: 1 });
    });
  });
}
