import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CatalogUnderTest } from '../images/catalog.contract.ts';
import type { CreateOptions } from '../images/catalog.ts';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import type { ImageRecord } from '../images/image.ts';
import { anEvent, anImage, changed } from '../images/testing/images.ts';
import type { Usage } from './usage.ts';

export interface UsageUnderTest extends CatalogUnderTest {
  readonly usage: Usage;
}

const DAY = 24 * 3_600_000;

/** How every catalog counts what tenants use, and refuses what is more than they may. */
export function usageContract(name: string, open: (clock: ControlledClock) => Promise<UsageUnderTest>): void {
  describe(`${name} keeps the contract of Usage`, () => {
    let clock: ControlledClock;
    let opened: UsageUnderTest;

    beforeEach(async () => {
      clock = createFakeClock();
      opened = await open(clock);
    });
    afterEach(() => opened.close());

    const sized = (bytes: number): Partial<ImageRecord> => ({
      original: {
        ...{ key: 'raw/x', filename: 'x.jpg', content_type: 'image/jpeg', size: bytes },
        ...{ sha256: 'ab'.repeat(32), url: '/x' },
      },
    });
    const variant = (size: number): ImageRecord['variants'][number] => ({
      ...{
        name: 'a',
        format: 'webp',
        key: 'x',
        width: 1,
        height: 1,
        size,
        sha256: 'ab'.repeat(32),
        url: '/x',
      },
    });
    const create = (differences: Partial<ImageRecord> = {}, options: CreateOptions = {}) =>
      opened.catalog.create(anImage(clock.now(), differences), options);
    const used = (tenant = 'ours') => opened.usage.of(tenant);

    it('is nothing in the beginning', async () => {
      expect(await used()).toEqual({ bytesStored: 0, imagesToday: 0 });
    });

    it('follows an image from its upload to its end', async () => {
      const { stored } = await opened.catalog.create({
        ...anImage(clock.now(), { status: 'awaiting_upload' }),
        declared: { filename: 'x.jpg', size: 70 },
      });
      expect(await used()).toEqual({ bytesStored: 70, imagesToday: 1 });
      const received = await opened.catalog.replace(
        stored,
        changed(stored, { status: 'received', ...sized(60) }),
        [],
      );
      expect(await used()).toEqual({ bytesStored: 60, imagesToday: 1 });
      const processing = await opened.catalog.replace(
        received,
        changed(received, { status: 'processing' }),
        [],
      );
      const variants = [variant(10), variant(5)];
      const ready = await opened.catalog.replace(
        processing,
        changed(processing, { status: 'ready', variants }),
        [],
      );
      expect(await used()).toEqual({ bytesStored: 75, imagesToday: 1 });
      const { original: _, ...bare } = ready.record;
      await opened.catalog.replace(
        ready,
        { generation: 1, record: { ...bare, status: 'erased', variants: [] } },
        [],
      );
      expect(await used()).toEqual({ bytesStored: 0, imagesToday: 1 });
    });

    it('counts what is refused by somebody who wrote first only once', async () => {
      const { stored } = await create(sized(10));
      const next = changed(stored, { status: 'processing', variants: [variant(5)] });
      await Promise.allSettled([1, 2, 3, 4].map(() => opened.catalog.replace(stored, next, [])));
      expect(await used()).toEqual({ bytesStored: 15, imagesToday: 1 });
    });

    it('begins a new day at midnight', async () => {
      await create(sized(10));
      await clock.advance(DAY);
      expect(await used()).toEqual({ bytesStored: 10, imagesToday: 0 });
      await create(sized(10));
      expect(await used()).toEqual({ bytesStored: 20, imagesToday: 1 });
      for (let day = 0; day < 12; day += 1) {
        await clock.advance(DAY);
        await create(sized(10));
      }
      expect(await used()).toEqual({ bytesStored: 140, imagesToday: 1 });
    });

    it('keeps tenants apart', async () => {
      await create({ ...sized(10), tenant_id: 'theirs' });
      expect(await used()).toEqual({ bytesStored: 0, imagesToday: 0 });
      expect(await used('theirs')).toEqual({ bytesStored: 10, imagesToday: 1 });
    });

    it.each([
      { title: 'images', within: { images_per_day: 5, bytes_stored: null }, quota: 'images_per_day' },
      { title: 'bytes', within: { images_per_day: null, bytes_stored: 59 }, quota: 'bytes_stored' },
      { title: 'either', within: { images_per_day: 5, bytes_stored: 1_000 }, quota: 'images_per_day' },
    ])('lets in exactly as many as fit, of those who come at once: $title', async ({ within, quota }) => {
      const attempts = Array.from({ length: 20 }, () => {
        const image = anImage(clock.now(), sized(10));
        return opened.catalog.create(image, { within, events: [anEvent(image, clock.now())] });
      });
      const outcomes = await Promise.allSettled(attempts);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected')
          expect(outcome.reason).toMatchObject({ code: 'quota_exceeded', extra: { quota } });
      }
      expect(await used()).toEqual({ bytesStored: 50, imagesToday: 5 });
      expect((await opened.catalog.list('ours', { limit: 100 })).images).toHaveLength(5);
      expect(await opened.events.undelivered(100)).toHaveLength(5);
    });

    it('counts many at once far from the limit', async () => {
      const within = { images_per_day: 1_000_000, bytes_stored: 1_000_000_000 };
      await Promise.all(Array.from({ length: 40 }, () => create(sized(10), { within })));
      expect(await used()).toEqual({ bytesStored: 400, imagesToday: 40 });
    });

    it('neither counts nor refuses what is a repetition', async () => {
      const within = { images_per_day: 1, bytes_stored: null };
      const idempotency = { key: 'k', requestHash: 'h' };
      const first = await create(sized(10), { within, idempotency });
      const again = await create(sized(10), { within, idempotency });
      expect(again).toEqual({ stored: first.stored, created: false });
      expect(await used()).toEqual({ bytesStored: 10, imagesToday: 1 });
    });
  });
}
