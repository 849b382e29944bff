import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ListQuery } from '../../images/catalog.ts';
import { encodeCursor } from '../cursors.ts';
import { text } from './columns.ts';
import { type Database, openDatabase } from './database.ts';
import { selectImages } from './image-list.ts';
import { newFolder } from './testing/data-folder.ts';

let folder: string;
let database: Database;
beforeAll(async () => {
  folder = await newFolder();
  database = openDatabase(join(folder, 'test.db'), { durability: 'none' });
});
afterAll(async () => {
  database.close();
  await rm(folder, { recursive: true, force: true });
});

const cursor = encodeCursor([1, 'x']);

describe('a list of images', () => {
  it.each<{ title: string; query: Partial<ListQuery>; index: RegExp }>([
    { title: 'everything', query: {}, index: /images_by_time/ },
    { title: 'a page', query: { cursor }, index: /images_by_time/ },
    { title: 'an interval', query: { from: 1, to: 2 }, index: /images_by_time/ },
    { title: 'a status', query: { status: 'ready', cursor }, index: /images_by_status/ },
    { title: 'tombstones', query: { status: 'erased' }, index: /images_by_status/ },
    { title: 'a user', query: { userId: 'u', cursor }, index: /images_by_user/ },
    { title: 'a tag', query: { tags: { a: 'b' }, cursor }, index: /SEARCH t USING PRIMARY KEY/ },
    {
      title: 'tags and more',
      query: { tags: { a: 'b', c: 'd' }, userId: 'u', status: 'ready' },
      index: /SEARCH t/,
    },
  ])('reads $title from an index, in its order', ({ query, index }) => {
    const { sql, values } = selectImages('tenant', { limit: 10, ...query }, 0);
    const plan = database
      .all(`EXPLAIN QUERY PLAN ${sql}`, ...values)
      .map((row) => text(row, 'detail'))
      .join('\n');
    expect(plan).toMatch(index);
    expect(plan).not.toMatch(/TEMP B-TREE|SCAN/);
  });
});
