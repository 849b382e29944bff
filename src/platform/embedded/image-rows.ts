import { z } from 'zod';
import type { NewImage } from '../../images/catalog.ts';
import { Declared, ImageRecord, Run, type StoredImage } from '../../images/image.ts';
import { bytesOf } from '../../limits/usage.ts';
import { integer, optionalText, text } from './columns.ts';
import type { Database, Row } from './database.ts';

/** The columns that {@link imageFrom} reads. */
export const IMAGE_COLUMNS = 'i.record, i.version, i.generation, i.run, i.declared';

const RecordText = z
  .string()
  .transform((json): unknown => JSON.parse(json))
  .pipe(ImageRecord);

export function imageFrom(row: Row): StoredImage {
  const run = optionalText(row, 'run');
  const declared = optionalText(row, 'declared');
  return {
    record: RecordText.parse(text(row, 'record')),
    version: integer(row, 'version'),
    generation: integer(row, 'generation'),
    ...(run === undefined ? {} : { run: Run.parse(JSON.parse(run)) }),
    ...(declared === undefined ? {} : { declared: Declared.parse(JSON.parse(declared)) }),
  };
}

/** Adds the row of a new image; answers false where its id is taken. */
export function insertImage(database: Database, image: NewImage, now: number): boolean {
  const { record } = image;
  const added = database.run(
    `INSERT INTO images (image_id, tenant_id, user_id, status, version, generation, upload_time, expires_at,
       written_at, bytes, record, run, declared)
     VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    record.image_id,
    record.tenant_id,
    record.user_id,
    record.status,
    image.generation,
    Date.parse(record.upload_time),
    Date.parse(record.expires_at),
    now,
    bytesOf(image),
    JSON.stringify(record),
    optionalJson(image.run),
    optionalJson(image.declared),
  );
  if (added === 1) insertTags(database, record);
  return added === 1;
}

/** Overwrites the row that still has this version; answers false where there is none. */
export function updateImage(database: Database, before: StoredImage, next: NewImage, now: number): boolean {
  const { record } = next;
  const changed = database.run(
    `UPDATE images SET user_id = ?, status = ?, version = ?, generation = ?, upload_time = ?, expires_at = ?,
       written_at = ?, bytes = ?, record = ?, run = ?, declared = ?
     WHERE image_id = ? AND tenant_id = ? AND version = ?`,
    record.user_id,
    record.status,
    before.version + 1,
    next.generation,
    Date.parse(record.upload_time),
    Date.parse(record.expires_at),
    now,
    bytesOf(next),
    JSON.stringify(record),
    optionalJson(next.run),
    optionalJson(next.declared),
    before.record.image_id,
    before.record.tenant_id,
    before.version,
  );
  if (changed === 1 && !sameTags(before.record, record)) {
    database.run('DELETE FROM image_tags WHERE image_id = ?', record.image_id);
    insertTags(database, record);
  }
  return changed === 1;
}

function insertTags(database: Database, record: ImageRecord): void {
  const uploaded = Date.parse(record.upload_time);
  for (const [key, value] of Object.entries(record.tags)) {
    database.run(
      'INSERT INTO image_tags VALUES (?, ?, ?, ?, ?)',
      record.tenant_id,
      key,
      value,
      uploaded,
      record.image_id,
    );
  }
}

function sameTags(one: ImageRecord, other: ImageRecord): boolean {
  return one.upload_time === other.upload_time && JSON.stringify(one.tags) === JSON.stringify(other.tags);
}

function optionalJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
