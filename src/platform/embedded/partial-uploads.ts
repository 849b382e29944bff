import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../failures.ts';
import type { Clock } from '../../images/clock.ts';
import type { ObjectStore, StoredObject } from '../../images/object-store.ts';
import type { AppendOptions, PartialUpload, PartialUploads } from '../../intake/partial-uploads.ts';
import { abortable } from './abortable.ts';
import { integer, optionalText, text } from './columns.ts';
import type { Database, Row } from './database.ts';
import { type Disk, isMissing, onDisk } from './disk.ts';
import { hashHandle } from './file-hash.ts';
import { createKeyedLock } from './keyed-lock.ts';
import { objectPath } from './object-paths.ts';
import { openPartial, partialIds, partialPath, removePartial, uploadNotFound } from './partial-files.ts';
import { assertFits, writePiece } from './partial-piece.ts';

export interface PartialUploadsDeps {
  readonly database: Database;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly objects: ObjectStore;
  /** Existing folders on one file system: where unfinished uploads lie, and where the objects do. */
  readonly folders: { readonly incoming: string; readonly objects: string };
}

export interface EmbeddedPartialUploads extends PartialUploads {
  /** Removes bytes that belong to no upload any more; answers how many uploads' they were. */
  removeOrphans(): Promise<number>;
}

/** The bytes are in `incoming/{image_id}.part`; how many of them count is in the database. */
export function createPartialUploads(deps: PartialUploadsDeps): EmbeddedPartialUploads {
  const { database, disk, clock, objects, folders } = deps;
  const oneAfterTheOther = createKeyedLock();
  const pathOf = (imageId: string) => partialPath(folders.incoming, imageId);

  const find = (imageId: string): Row | undefined =>
    database.get('SELECT * FROM partial_uploads WHERE image_id = ?', imageId);

  function get(imageId: string): Row {
    const row = find(imageId);
    if (row === undefined) throw uploadNotFound(imageId);
    return row;
  }

  function setOffset(imageId: string, offset: number): void {
    const changed = database.run(
      'UPDATE partial_uploads SET offset = ?, written_at = ? WHERE image_id = ?',
      offset,
      clock.now(),
      imageId,
    );
    if (changed === 0) throw uploadNotFound(imageId);
  }

  async function append(
    imageId: string,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    { checksum, signal }: AppendOptions,
  ): Promise<number> {
    signal?.throwIfAborted();
    const upload = uploadFrom(get(imageId));
    if (offset !== upload.offset) throw offsetMismatch(upload, offset);
    if (offset === upload.length) {
      await assertNothingMore(upload, abortable(body, signal));
      return offset;
    }
    await disk.assertWritable();
    const file = await openPartial(pathOf(imageId), offset, disk);
    try {
      await writePiece({
        upload,
        file,
        body: abortable(body, signal),
        disk,
        onDurable: (end) => setOffset(imageId, end),
        ...(checksum === undefined ? {} : { checksum }),
      });
    } finally {
      await file.close();
      // The upload may have been removed while bytes came in.
      if (find(imageId) === undefined) await onDisk(removePartial(pathOf(imageId), disk));
    }
    return integer(get(imageId), 'offset');
  }

  /** The checksum of all bytes; kept before they move, so that a repetition knows what has moved. */
  async function seal(imageId: string, key: string): Promise<string> {
    const row = get(imageId);
    const upload = uploadFrom(row);
    if (upload.offset !== upload.length) throw incomplete(upload);
    const known = optionalText(row, 'sha256');
    if (known !== undefined && optionalText(row, 'object_key') === key) return known;
    const file = await openPartial(pathOf(imageId), upload.offset, disk);
    const { sha256 } = await hashHandle(file).finally(() => file.close());
    database.run(
      'UPDATE partial_uploads SET object_key = ?, sha256 = ? WHERE image_id = ?',
      key,
      sha256,
      imageId,
    );
    return sha256;
  }

  async function complete(imageId: string, key: string): Promise<StoredObject> {
    const path = objectPath(folders.objects, key);
    const sha256 = await seal(imageId, key);
    const size = integer(get(imageId), 'length');
    if (await exists(pathOf(imageId))) {
      const attributes = { contentType: 'application/octet-stream' };
      await objects.putFiles([{ key, path: pathOf(imageId), attributes }]);
      return { size, sha256 };
    }
    if ((await objects.head(key)) === undefined) throw uploadNotFound(imageId);
    // They have moved already. Whether that is durable, a process that was killed in between cannot say.
    await onDisk(disk.makeFolder(dirname(path)));
    await onDisk(disk.syncPath(dirname(path)));
    return { size, sha256 };
  }

  return {
    async start({ tenantId, imageId, length }) {
      pathOf(imageId);
      database.run(
        'INSERT INTO partial_uploads (image_id, tenant_id, length, written_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
        imageId,
        tenantId,
        length,
        clock.now(),
      );
      const upload = uploadFrom(get(imageId));
      if (upload.tenantId !== tenantId) throw uploadNotFound(imageId);
      return upload;
    },

    async find(imageId) {
      const row = find(imageId);
      return row === undefined ? undefined : uploadFrom(row);
    },

    append: (imageId, offset, body, options = {}) =>
      oneAfterTheOther(imageId, () => append(imageId, offset, body, options)),

    complete: (imageId, key) => oneAfterTheOther(imageId, () => complete(imageId, key)),

    async head(imageId, bytes) {
      const row = get(imageId);
      const length = Math.min(bytes, integer(row, 'offset'));
      if (length === 0) return new Uint8Array();
      if (await exists(pathOf(imageId))) return readHead(pathOf(imageId), length);
      const key = optionalText(row, 'object_key');
      if (key === undefined) throw uploadNotFound(imageId);
      return objects.withLocalFile(key, (path) => readHead(path, length));
    },

    // Not in turn with `append`: who erases an image does not wait for a sender that has gone silent.
    async remove(imageId) {
      await onDisk(removePartial(pathOf(imageId), disk));
      database.run('DELETE FROM partial_uploads WHERE image_id = ?', imageId);
    },

    async abandoned(before) {
      return database
        .all('SELECT * FROM partial_uploads WHERE written_at < ? ORDER BY written_at', before)
        .map(uploadFrom);
    },

    async removeOrphans() {
      let removed = 0;
      for (const imageId of await onDisk(partialIds(folders.incoming))) {
        if (find(imageId) !== undefined) continue;
        await onDisk(removePartial(pathOf(imageId), disk));
        removed += 1;
      }
      return removed;
    },
  };
}

function uploadFrom(row: Row): PartialUpload {
  return {
    tenantId: text(row, 'tenant_id'),
    imageId: text(row, 'image_id'),
    length: integer(row, 'length'),
    offset: integer(row, 'offset'),
  };
}

/** The bytes are all there and may have moved: only an empty piece can follow. */
async function assertNothingMore(upload: PartialUpload, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of body) assertFits(upload, upload.offset + chunk.length);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error) => (isMissing(error) ? false : onDisk(Promise.reject(error))),
  );
}

async function readHead(path: string, length: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function offsetMismatch(upload: PartialUpload, offset: number): Failure {
  return new Failure(
    'offset_mismatch',
    `The upload continues at byte ${upload.offset}, not ${offset}. Ask for its offset, then send from there.`,
    { extra: { offset: upload.offset } },
  );
}

function incomplete(upload: PartialUpload): Failure {
  return new Failure(
    'length_mismatch',
    `Only ${upload.offset} of ${upload.length} bytes have come. Send the rest, then complete the upload.`,
  );
}
