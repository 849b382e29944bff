import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Catalog, CatalogUpkeep, EventLog, ListQuery } from './catalog.ts';
import { type ControlledClock, createFakeClock } from './clock.contract.ts';
import { STATUSES, type StoredImage } from './image.ts';
import { newImageId } from './keys.ts';
import { canBecome } from './states.ts';
import { anEvent, anImage, changed } from './testing/images.ts';

export interface CatalogUnderTest {
  readonly catalog: Catalog;
  readonly upkeep: CatalogUpkeep;
  readonly events: EventLog;
  close(): Promise<void>;
}

/** Opens an empty one that tells the time by `clock`. */
export type OpenCatalog = (clock: ControlledClock) => Promise<CatalogUnderTest>;

const EDGES = STATUSES.flatMap((from) => STATUSES.map((to) => ({ from, to, allowed: canBecome(from, to) })));
const HOUR = 3_600_000;

/** What every catalog does with single records: write, read, replace, hide. */
export function catalogContract(name: string, open: OpenCatalog): void {
  describe(`${name} keeps the Catalog contract`, () => {
    let clock: ControlledClock;
    let opened: CatalogUnderTest;
    let catalog: Catalog;

    beforeEach(async () => {
      clock = createFakeClock();
      opened = await open(clock);
      catalog = opened.catalog;
    });
    afterEach(() => opened.close());

    const add = async (differences: Parameters<typeof anImage>[1] = {}): Promise<StoredImage> =>
      (await catalog.create(anImage(clock.now(), differences))).stored;
    const eventTypes = async () => (await opened.events.undelivered(100)).map(({ type }) => type);
    const read = ({ record }: StoredImage) => catalog.read(record.tenant_id, record.image_id);

    describe('create', () => {
      it('keeps everything, to the letter', async () => {
        const image = anImage(clock.now(), {
          tags: { 'a.b/c:d=e+f@g-h_i': "'; DROP TABLE images; -- \u{1F4F7} \u202Eabc", empty: '' },
          metadata: { camera: 'Ö', nested: { list: [1, null, 'x'] } },
          error: { code: 'x', message: '"quoted"' },
          steps: [
            {
              name: 'a',
              status: 'done',
              started_at: '2026-01-01T00:00:00.000Z',
              duration_ms: 1.5,
              attempts: 1,
            },
          ],
        });
        const full = {
          ...image,
          generation: 3,
          run: { generation: 4, crashes: 1 },
          declared: { filename: '../\u0000x', size: 5 },
        };
        const { stored, created } = await catalog.create(full);
        expect(created).toBe(true);
        expect(stored).toEqual({ ...full, version: expect.any(Number) });
        expect(await read(stored)).toEqual(stored);
      });

      it('refuses an id that is taken, and leaves the first alone', async () => {
        const first = await add({ user_id: 'first' });
        const again = anImage(clock.now(), { image_id: first.record.image_id, user_id: 'second' });
        const creating = catalog.create(again, { events: [anEvent(again, clock.now())] });
        await expect(creating).rejects.toMatchObject({ code: 'stale_write' });
        expect(await read(first)).toEqual(first);
        expect(await eventTypes()).toEqual([]);
      });

      it('answers nothing for an id that nobody has', async () => {
        expect(await catalog.read('ours', newImageId(clock.now()))).toBeUndefined();
        expect(await catalog.readForDelivery(newImageId(clock.now()))).toBeUndefined();
        expect(await catalog.readForDelivery("' OR 1 = 1 --")).toBeUndefined();
      });
    });

    describe('replace', () => {
      it('writes what is given, and forgets what is not', async () => {
        const { stored } = await catalog.create({
          ...anImage(clock.now()),
          run: { generation: 1, crashes: 0 },
        });
        const { run: _, ...next } = changed(stored, { status: 'processing', metadata: { camera: 'x' } });
        const written = await catalog.replace(stored, next, []);
        expect(written).toEqual({ ...next, version: expect.any(Number) });
        expect(written.version).not.toBe(stored.version);
        expect(await read(stored)).toEqual(written);
      });

      it('refuses to write over what somebody else wrote since', async () => {
        const before = await add();
        const other = await catalog.replace(before, changed(before, { status: 'processing' }), []);
        const late = changed(before, { status: 'failed' });
        const replacing = catalog.replace(before, late, [anEvent(late, clock.now(), 'image.failed')]);
        await expect(replacing).rejects.toMatchObject({ code: 'stale_write' });
        expect(await read(before)).toEqual(other);
        expect(await eventTypes()).toEqual([]);
      });

      it('lets one of many win', async () => {
        const before = await add();
        const attempts = Array.from({ length: 32 }, (_, at) => {
          const next = changed(before, { status: 'processing', metadata: { winner: at } });
          return catalog.replace(before, next, [anEvent(next, clock.now(), 'image.processing')]);
        });
        const outcomes = await Promise.allSettled(attempts);
        const winners = outcomes.filter((outcome) => outcome.status === 'fulfilled');
        expect(winners).toHaveLength(1);
        expect(await read(before)).toEqual(winners[0]?.value);
        expect(await eventTypes()).toEqual(['image.processing']);
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'stale_write' });
        }
      });

      it('says stale_write for a record that is not there', async () => {
        const gone = { ...anImage(clock.now()), version: 1 };
        const replacing = catalog.replace(gone, changed(gone, { status: 'processing' }), []);
        await expect(replacing).rejects.toMatchObject({ code: 'stale_write' });
      });

      it("does not reach another tenant's record", async () => {
        const theirs = await add({ tenant_id: 'theirs' });
        const forged = { ...theirs, record: { ...theirs.record, tenant_id: 'ours' } };
        const replacing = catalog.replace(forged, changed(forged, { status: 'erased' }), []);
        await expect(replacing).rejects.toMatchObject({ code: 'stale_write' });
        expect(await read(theirs)).toEqual(theirs);
      });

      it.each([{ image_id: newImageId(0) }, { tenant_id: 'theirs' }])(
        'never moves a record: %j',
        async (moved) => {
          const before = await add();
          await expect(catalog.replace(before, changed(before, moved), [])).rejects.toThrow();
          expect(await read(before)).toEqual(before);
        },
      );

      it.each(EDGES.filter(({ allowed }) => allowed))('lets $from become $to', async ({ from, to }) => {
        const before = await add({ status: from });
        const written = await catalog.replace(before, changed(before, { status: to }), []);
        expect(written.record.status).toBe(to);
      });

      it.each(EDGES.filter(({ allowed }) => !allowed))(
        'does not let $from become $to',
        async ({ from, to }) => {
          const before = await add({ status: from });
          const next = changed(before, { status: to });
          const replacing = catalog.replace(before, next, [anEvent(next, clock.now())]);
          await expect(replacing).rejects.toThrow(`${from} cannot become ${to}`);
          expect(await opened.upkeep.readAny('ours', before.record.image_id)).toEqual(before);
          expect(await eventTypes()).toEqual([]);
        },
      );
    });

    describe('idempotency keys', () => {
      const key = { key: 'k-1', requestHash: 'h-1' };
      const create = (idempotency = key, differences = {}) => {
        const image = anImage(clock.now(), differences);
        return catalog.create(image, { idempotency, events: [anEvent(image, clock.now())] });
      };

      it('answers the first image to a repetition, and adds nothing', async () => {
        const first = await create();
        const second = await create();
        expect(first.created).toBe(true);
        expect(second).toEqual({ stored: first.stored, created: false });
        expect((await catalog.list('ours', { limit: 10 })).images).toHaveLength(1);
        expect(await eventTypes()).toEqual(['image.received']);
      });

      it('answers what has become of the first image', async () => {
        const { stored } = await create();
        const later = await catalog.replace(stored, changed(stored, { status: 'processing' }), []);
        expect((await create()).stored).toEqual(later);
        expect(await catalog.readByIdempotencyKey('ours', 'k-1')).toEqual({
          stored: later,
          requestHash: 'h-1',
        });
      });

      it('creates one image for many who come at once', async () => {
        const answers = await Promise.all(Array.from({ length: 32 }, () => create()));
        expect(answers.filter(({ created }) => created)).toHaveLength(1);
        expect(new Set(answers.map(({ stored }) => stored.record.image_id)).size).toBe(1);
        expect(await eventTypes()).toEqual(['image.received']);
      });

      it('refuses a key for a different request', async () => {
        await create();
        const other = create({ key: 'k-1', requestHash: 'h-2' });
        await expect(other).rejects.toMatchObject({ code: 'idempotency_conflict' });
        expect((await catalog.list('ours', { limit: 10 })).images).toHaveLength(1);
      });

      it('keeps the keys of tenants apart', async () => {
        await create(key, { tenant_id: 'theirs' });
        expect(await catalog.readByIdempotencyKey('ours', 'k-1')).toBeUndefined();
        expect((await create()).created).toBe(true);
      });

      it('claims no key where the record cannot be added', async () => {
        const taken = await add();
        const creating = create(key, { image_id: taken.record.image_id });
        await expect(creating).rejects.toMatchObject({ code: 'stale_write' });
        expect(await catalog.readByIdempotencyKey('ours', 'k-1')).toBeUndefined();
      });

      it.each(['expired', 'erased'] as const)('gives a key free with an image that is %s', async (status) => {
        const { stored } = await create();
        await catalog.replace(stored, changed(stored, { status }), []);
        expect(await catalog.readByIdempotencyKey('ours', 'k-1')).toBeUndefined();
        expect((await create({ key: 'k-1', requestHash: 'h-2' })).created).toBe(true);
      });

      it('gives a key free at the moment its image expires', async () => {
        const { stored } = await create();
        await clock.advance(Date.parse(stored.record.expires_at) - clock.now());
        expect(await catalog.readByIdempotencyKey('ours', 'k-1')).toBeUndefined();
        const { stored: second, created } = await create();
        expect(created).toBe(true);
        expect((await catalog.readByIdempotencyKey('ours', 'k-1'))?.stored).toEqual(second);
      });
    });

    describe('what is not there for readers', () => {
      const queries: readonly (Omit<ListQuery, 'limit'> & { title: string })[] = [
        { title: 'all' },
        { title: 'by status', status: 'received' },
        { title: 'by user', userId: 'anna' },
        { title: 'by tag', tags: { a: 'b' } },
      ];

      const seenBy = async ({ record }: StoredImage): Promise<string[]> => {
        const seen: string[] = [];
        if (await catalog.read(record.tenant_id, record.image_id)) seen.push('read');
        if (await catalog.readForDelivery(record.image_id)) seen.push('delivery');
        for (const { title, ...query } of queries) {
          const { images } = await catalog.list(record.tenant_id, { ...query, limit: 10 });
          if (images.length > 0) seen.push(title);
        }
        return seen;
      };
      const everything = ['read', 'delivery', 'all', 'by status', 'by user', 'by tag'];

      it('shows an image until the last millisecond, and not at expires_at', async () => {
        const image = await add({ tags: { a: 'b' } });
        await clock.advance(Date.parse(image.record.expires_at) - clock.now() - 1);
        expect(await seenBy(image)).toEqual(everything);
        await clock.advance(1);
        expect(await seenBy(image)).toEqual([]);
        expect(await opened.upkeep.readAny('ours', image.record.image_id)).toEqual(image);
      });

      it.each(['expired', 'erased'] as const)('hides what is %s', async (status) => {
        const image = await add({ tags: { a: 'b' } });
        const tombstone = await catalog.replace(image, changed(image, { status }), []);
        expect(await seenBy(image)).toEqual([]);
        const asked = await catalog.list('ours', { status, limit: 10 });
        expect(asked.images).toEqual([tombstone]);
        const others = await catalog.list('theirs', { status, limit: 10 });
        expect(others.images).toEqual([]);
      });

      it('shows an image again whose life was made longer before it was swept', async () => {
        const image = await add({ status: 'ready' });
        await clock.advance(8 * 24 * HOUR);
        expect(await seenBy(image)).toEqual([]);
        const longer = changed(image, { expires_at: new Date(clock.now() + HOUR).toISOString() });
        const written = await catalog.replace(image, longer, []);
        expect(await read(image)).toEqual(written);
      });

      it('shows nothing of a tenant to another', async () => {
        const image = await add({ tenant_id: 'theirs', tags: { a: 'b' } });
        expect(await catalog.read('ours', image.record.image_id)).toBeUndefined();
        expect(await opened.upkeep.readAny('ours', image.record.image_id)).toBeUndefined();
        for (const { title: _, ...query } of queries) {
          expect(await catalog.list('ours', { ...query, limit: 10 })).toEqual({ images: [] });
        }
      });

      it('gives delivery the image of any tenant', async () => {
        const image = await add({ tenant_id: 'theirs' });
        expect(await catalog.readForDelivery(image.record.image_id)).toEqual(image);
      });
    });
  });
}
