import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CatalogUnderTest, OpenCatalog } from './catalog.contract.ts';
import type { ListQuery } from './catalog.ts';
import { type ControlledClock, createFakeClock } from './clock.contract.ts';
import type { ImageRecord, StoredImage } from './image.ts';
import { anImage, changed } from './testing/images.ts';

/** How every catalog lists: newest first, by filters, page by page. */
export function catalogListContract(name: string, open: OpenCatalog): void {
  describe(`${name} keeps the contract of Catalog.list`, () => {
    let clock: ControlledClock;
    let opened: CatalogUnderTest;

    beforeEach(async () => {
      clock = createFakeClock();
      opened = await open(clock);
    });
    afterEach(() => opened.close());

    /** Adds an image a second after the last; the user is its name. */
    const add = async (user: string, differences: Partial<ImageRecord> = {}): Promise<StoredImage> => {
      await clock.advance(1_000);
      const image = anImage(clock.now(), { user_id: user, ...differences });
      return (await opened.catalog.create(image)).stored;
    };
    const list = async (query: Partial<ListQuery> = {}) => {
      const { images, nextCursor } = await opened.catalog.list('ours', { limit: 200, ...query });
      return { users: images.map(({ record }) => record.user_id), nextCursor };
    };
    const pages = async (
      query: Partial<ListQuery>,
      between: (page: number) => Promise<unknown> = async () => {},
    ) => {
      const found: string[][] = [];
      let cursor: string | undefined;
      do {
        const page = await list({ ...query, ...(cursor === undefined ? {} : { cursor }) });
        found.push(page.users);
        cursor = page.nextCursor;
        await between(found.length);
      } while (cursor !== undefined);
      return found;
    };

    it('answers the newest first', async () => {
      for (const user of ['a', 'b', 'c']) await add(user);
      expect(await list()).toEqual({ users: ['c', 'b', 'a'], nextCursor: undefined });
    });

    it('goes by the upload time, not by the order of writing', async () => {
      const early = new Date(clock.now() - 60_000).toISOString();
      await add('b');
      await add('a', { upload_time: early });
      expect((await list()).users).toEqual(['b', 'a']);
    });

    const start = Date.UTC(2026, 0, 1);
    it.each<{ title: string; query: Partial<ListQuery>; users: string }>([
      { title: 'everything', query: {}, users: 'edcba' },
      { title: 'a user', query: { userId: 'b' }, users: 'b' },
      { title: 'nobody', query: { userId: 'z' }, users: '' },
      { title: 'a status', query: { status: 'ready' }, users: 'db' },
      { title: 'a user and a status', query: { userId: 'b', status: 'ready' }, users: 'b' },
      { title: 'a user without that status', query: { userId: 'a', status: 'ready' }, users: '' },
      { title: 'a tag', query: { tags: { team: 'web' } }, users: 'dca' },
      { title: 'two tags', query: { tags: { team: 'web', env: 'prod' } }, users: 'ca' },
      { title: 'a tag with another value', query: { tags: { team: 'w%' } }, users: '' },
      { title: 'a tag and a status', query: { tags: { team: 'web' }, status: 'ready' }, users: 'd' },
      { title: 'a tag and a user', query: { tags: { team: 'web' }, userId: 'c' }, users: 'c' },
      { title: 'from a time on, inclusive', query: { from: start + 3_000 }, users: 'edc' },
      { title: 'up to a time, exclusive', query: { to: start + 3_000 }, users: 'ba' },
      { title: 'an interval', query: { from: start + 2_000, to: start + 4_000 }, users: 'cb' },
      { title: 'an empty interval', query: { from: start + 4_000, to: start + 4_000 }, users: '' },
      {
        title: 'an interval and a tag',
        query: { from: start + 2_000, to: start + 4_000, tags: { team: 'web' } },
        users: 'c',
      },
    ])('finds $title', async ({ query, users }) => {
      await add('a', { tags: { team: 'web', env: 'prod' } });
      await add('b', { status: 'ready', tags: { team: 'app', env: 'prod' } });
      await add('c', { tags: { team: 'web', env: 'prod', more: 'x' } });
      await add('d', { status: 'ready', tags: { team: 'web' } });
      await add('e');
      expect((await list(query)).users.join('')).toBe(users);
      // The same, one by one: every filter and every page goes through another statement.
      expect((await pages({ ...query, limit: 1 })).flat().join('')).toBe(users);
    });

    it('finds a record by the tags it has now', async () => {
      const image = await add('a', { status: 'ready', tags: { old: '1', same: '1' } });
      await opened.catalog.replace(image, changed(image, { tags: { fresh: '1', same: '1' } }), []);
      expect((await list({ tags: { old: '1' } })).users).toEqual([]);
      expect((await list({ tags: { fresh: '1' } })).users).toEqual(['a']);
      expect((await list({ tags: { same: '1' } })).users).toEqual(['a']);
    });

    it.each([1, 2, 3, 5, 7, 10, 11])('gives each image once in pages of %i', async (limit) => {
      const names = [...'abcdefghij'];
      for (const user of names) await add(user);
      const found = await pages({ limit });
      expect(found.flat()).toEqual(names.toReversed());
      expect(found.every(({ length }) => length > 0 && length <= limit)).toBe(true);
    });

    it('tells images of the same millisecond apart', async () => {
      const time = new Date(clock.now()).toISOString();
      const names = [...'abcdefghij'];
      for (const user of names) await add(user, { upload_time: time });
      expect((await pages({ limit: 3 })).flat().toSorted()).toEqual(names);
    });

    it('keeps its place while images come and go', async () => {
      const images = new Map<string, StoredImage>();
      for (const user of [...'abcdefghij']) images.set(user, await add(user));
      const erase = async (user: string) => {
        const image = images.get(user);
        if (image !== undefined)
          await opened.catalog.replace(image, changed(image, { status: 'erased' }), []);
      };
      const found = await pages({ limit: 3 }, async (page) => {
        await add(`new ${page}`);
        // What was just given out, and what is still to come.
        if (page === 1) for (const user of ['h', 'f']) await erase(user);
      });
      expect(found.flat().join('')).toBe('jihgedcba');
    });

    it('answers an empty page for a tenant without images', async () => {
      await add('a', { tenant_id: 'theirs' });
      expect(await list()).toEqual({ users: [], nextCursor: undefined });
    });

    it("does not let a cursor lead into another tenant's images", async () => {
      for (const user of [...'abc']) await add(user, { tenant_id: 'theirs' });
      await add('d');
      const { nextCursor } = await opened.catalog.list('theirs', { limit: 1 });
      expect((await list({ cursor: nextCursor ?? '' })).users).toEqual([]);
    });

    it.each([
      ['', 'nothing'],
      ['!!!', 'other characters'],
      ['bm90IGpzb24', 'no JSON'],
      [Buffer.from('[1]').toString('base64url'), 'too little'],
      [Buffer.from('["x","y"]').toString('base64url'), 'other types'],
      [Buffer.from('{"a":1}').toString('base64url'), 'another shape'],
      ['x'.repeat(5_000), 'far too much'],
    ])('refuses the cursor %j', async (cursor) => {
      await expect(list({ cursor })).rejects.toMatchObject({ code: 'invalid_request' });
      await expect(list({ cursor })).rejects.toThrow(/cursor/);
    });
  });
}
