import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../failures.ts';
import type { Clock } from '../../images/clock.ts';
import type { Keyring } from '../../images/keyring.ts';
import type { ObjectStore, StoredObject } from '../../images/object-store.ts';
import type { AppendOptions, PartialUpload, PartialUploads } from '../../intake/partial-uploads.ts';
import { abortable } from './abortable.ts';
import { integer, optionalInteger, optionalText, text } from './columns.ts';
import type { Database, Row } from './database.ts';
import { type Disk, isMissing, onDisk } from './disk.ts';
import { hashHandle } from './file-hash.ts';
import { createKeyedLock } from './keyed-lock.ts';
import { noKeyring } from './keyring/open-keyring.ts';
import { objectPath } from './object-paths.ts';
import { createPartialBytes, type KnownPartial } from './partial-bytes.ts';
import { openPartial, partialIds, partialPath, removePartial, uploadNotFound } from './partial-files.ts';
import { assertFits, writePiece } from './partial-piece.ts';

export interface PartialUploadsDeps {
  readonly database: Database;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly objects: ObjectStore;
  /** what uploads that begin from now on are encrypted with; they are not, without one */
  readonly keyring?: Keyring;
  /** Existing folders on one file system: where unfinished uploads lie, and where the objects do. */
  readonly folders: { readonly incoming: string; readonly objects: string };
}

export interface EmbeddedPartialUploads extends PartialUploads {
  /** Removes bytes that belong to no upload any more; answers how many uploads' they were. */
  removeOrphans(): Promise<number>;
}

/** The bytes are in `incoming/{image_id}.part`; how many of them count is in the database. */
export function createPartialUploads(deps: PartialUploadsDeps): EmbeddedPartialUploads {
  const { database, disk, clock, objects, keyring, folders } = deps;
  const bytes = createPartialBytes(keyring ?? noKeyring);
  const oneAfterTheOther = createKeyedLock();
  const pathOf = (imageId: string) => partialPath(folders.incoming, imageId);

  const find = (imageId: string): Row | undefined =>
    database.get('SELECT * FROM partial_uploads WHERE image_id = ?', imageId);

  function get(imageId: string): Row {
    const row = find(imageId);
    if (row === undefined) throw uploadNotFound(imageId);
    return row;
  }

  /** @throws Failure `upload_not_found` where the tenant has none of this id */
  function assertOf(tenantId: string, imageId: string): void {
    if (text(get(imageId), 'tenant_id') !== tenantId) throw uploadNotFound(imageId);
  }

  function setOffset(imageId: string, offset: number, stored: number | null): void {
    const changed = database.run(
      'UPDATE partial_uploads SET offset = ?, stored = ?, written_at = ? WHERE image_id = ?',
      offset,
      stored,
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
    const upload = knownFrom(get(imageId));
    if (offset !== upload.offset) throw offsetMismatch(upload, offset);
    if (offset === upload.length) {
      await assertNothingMore(upload, abortable(body, signal));
      return offset;
    }
    await disk.assertWritable();
    const file = await openPartial(pathOf(imageId), upload.stored ?? offset, disk);
    try {
      const { writer, stored } = await bytes.writer(file, upload);
      await writePiece({
        upload,
        file,
        writer,
        body: abortable(body, signal),
        disk,
        onDurable: (end) => setOffset(imageId, end, stored()),
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
    noteCompletion(imageId, key, sha256);
    return sha256;
  }

  async function complete(imageId: string, key: string): Promise<StoredObject> {
    const path = objectPath(folders.objects, key);
    const row = get(imageId);
    const upload = knownFrom(row);
    const isCompleted = optionalText(row, 'object_key') === key;
    if (upload.stored !== undefined && (!isCompleted || (await exists(pathOf(imageId))))) {
      return completeSealed(upload, key);
    }
    const sha256 = await seal(imageId, key);
    const size = upload.length;
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

  /** Its pieces are sealed one by one; the object is sealed as a whole. What was here stays until that is durable. */
  async function completeSealed(upload: KnownPartial, key: string): Promise<StoredObject> {
    const { imageId, offset, length } = upload;
    if (offset !== length) throw incomplete(upload);
    const file = await openPartial(pathOf(imageId), upload.stored ?? 0, disk);
    await file.close();
    const attributes = { contentType: 'application/octet-stream' };
    const stored = await objects.put(key, bytes.read(pathOf(imageId), upload), { attributes });
    if (stored.size !== length) {
      await objects.delete([key]);
      throw new Failure('object_damaged', 'Bytes of this upload are lost. Start it again.');
    }
    noteCompletion(imageId, key, stored.sha256);
    await onDisk(removePartial(pathOf(imageId), disk));
    return stored;
  }

  function noteCompletion(imageId: string, key: string, sha256: string): void {
    const note = 'UPDATE partial_uploads SET object_key = ?, sha256 = ? WHERE image_id = ?';
    database.run(note, key, sha256, imageId);
  }

  return {
    async start({ tenantId, imageId, length }) {
      pathOf(imageId);
      database.run(
        'INSERT INTO partial_uploads (image_id, tenant_id, length, written_at, stored) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
        imageId,
        tenantId,
        length,
        clock.now(),
        keyring ? 0 : null,
      );
      const upload = uploadFrom(get(imageId));
      if (upload.tenantId !== tenantId) throw uploadNotFound(imageId);
      return upload;
    },

    async find(tenantId, imageId) {
      const row = find(imageId);
      const upload = row && uploadFrom(row);
      return upload?.tenantId === tenantId ? upload : undefined;
    },

    append: (tenantId, imageId, offset, body, options = {}) =>
      oneAfterTheOther(imageId, async () => {
        assertOf(tenantId, imageId);
        return append(imageId, offset, body, options);
      }),

    complete: (tenantId, imageId, key) =>
      oneAfterTheOther(imageId, async () => {
        assertOf(tenantId, imageId);
        return complete(imageId, key);
      }),

    async head(tenantId, imageId, most) {
      assertOf(tenantId, imageId);
      const row = get(imageId);
      const length = Math.min(most, integer(row, 'offset'));
      if (length === 0) return new Uint8Array();
      if (await exists(pathOf(imageId)))
        return onDisk(firstOf(bytes.read(pathOf(imageId), knownFrom(row)), length));
      const key = optionalText(row, 'object_key');
      if (key === undefined) throw uploadNotFound(imageId);
      const { stream } = await objects.read(key, { range: { start: 0, end: length - 1 } });
      return firstOf(stream, length);
    },

    // Not in turn with `append`: who erases an image does not wait for a sender that has gone silent.
    async remove(tenantId, imageId) {
      const row = find(imageId);
      if (row && text(row, 'tenant_id') !== tenantId) return;
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

function knownFrom(row: Row): KnownPartial {
  return { ...uploadFrom(row), stored: optionalInteger(row, 'stored') };
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

/** The first bytes of a stream, fewer where it has no more. */
async function firstOf(stream: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  let first = Buffer.alloc(0);
  for await (const piece of stream) {
    first = Buffer.concat([first, piece]);
    if (first.length >= length) break;
  }
  return first.subarray(0, length);
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
