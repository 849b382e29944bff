import type { SQLInputValue } from 'node:sqlite';
import type { ListQuery } from '../../images/catalog.ts';
import { isGone } from '../../images/states.ts';
import { decodeCursor, ImageCursor } from '../cursors.ts';
import { IMAGE_COLUMNS } from './image-rows.ts';

export interface Selection {
  readonly sql: string;
  readonly values: SQLInputValue[];
}

interface Condition {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/**
 * The statement behind `Catalog.list`; it asks for one row more than the limit, to know whether a page follows.
 * A search by tag walks the index of tags, everything else an index that begins with the tenant and ends with
 * the sort order: no list sorts.
 */
export function selectImages(tenantId: string, query: ListQuery, now: number): Selection {
  const [firstTag, ...moreTags] = Object.entries(query.tags ?? {});
  const conditions = [
    ...(firstTag === undefined ? [] : [drivingTag(tenantId, firstTag)]),
    { sql: 'i.tenant_id = ?', values: [tenantId] },
    visible(query, now),
    ...(query.status === undefined ? [] : [{ sql: 'i.status = ?', values: [query.status] }]),
    ...(query.userId === undefined ? [] : [{ sql: 'i.user_id = ?', values: [query.userId] }]),
    ...(query.from === undefined
      ? []
      : [{ sql: `${sortTable(firstTag)}.upload_time >= ?`, values: [query.from] }]),
    ...(query.to === undefined
      ? []
      : [{ sql: `${sortTable(firstTag)}.upload_time < ?`, values: [query.to] }]),
    ...(query.cursor === undefined ? [] : [after(query.cursor, sortTable(firstTag))]),
    ...moreTags.map(alsoTagged),
  ];
  const from = firstTag === undefined ? 'images i' : 'image_tags t CROSS JOIN images i USING (image_id)';
  const sort = sortTable(firstTag);
  return {
    sql: `SELECT ${IMAGE_COLUMNS} FROM ${from} WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}
      ORDER BY ${sort}.upload_time DESC, ${sort}.image_id DESC LIMIT ?`,
    values: [...conditions.flatMap(({ values }) => values), query.limit + 1],
  };
}

function sortTable(tag: unknown): string {
  return tag === undefined ? 'i' : 't';
}

function visible(query: ListQuery, now: number): Condition {
  if (query.status !== undefined && isGone(query.status)) return { sql: 'TRUE', values: [] };
  return { sql: "i.expires_at > ? AND i.status NOT IN ('expired', 'erased')", values: [now] };
}

function drivingTag(tenantId: string, [key, value]: [string, string]): Condition {
  return { sql: 't.tenant_id = ? AND t.key = ? AND t.value = ?', values: [tenantId, key, value] };
}

function alsoTagged([key, value]: [string, string]): Condition {
  return {
    sql: 'EXISTS (SELECT 1 FROM image_tags m WHERE m.image_id = i.image_id AND m.key = ? AND m.value = ?)',
    values: [key, value],
  };
}

function after(cursor: string, table: string): Condition {
  return {
    sql: `(${table}.upload_time, ${table}.image_id) < (?, ?)`,
    values: decodeCursor(cursor, ImageCursor),
  };
}
