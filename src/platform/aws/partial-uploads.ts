import { randomUUID } from 'node:crypto';
import { Failure, isFailure } from '../../failures.ts';
import type { Clock } from '../../images/clock.ts';
import type { ObjectStore, StoredObject } from '../../images/object-store.ts';
import type { AppendOptions, PartialUploads } from '../../intake/partial-uploads.ts';
import { abortable } from '../embedded/abortable.ts';
import { createKeyedLock } from '../embedded/keyed-lock.ts';
import { appendPieces, assertFits } from './partial-append.ts';
import { createPartialPieces, removeOrphanPieces } from './partial-pieces.ts';
import type { PartialUploadRow, PartialUploadRows, StoredPiece } from './partial-upload-rows.ts';

export interface PartialUploadsDeps {
  /** where pieces lie, and where complete bytes go; sealed where encryption is on */
  readonly objects: ObjectStore;
  readonly rows: PartialUploadRows;
  readonly clock: Clock;
}

export interface SharedPartialUploads extends PartialUploads {
  /** Deletes pieces that count for no upload and are older than this many milliseconds; answers how many. */
  removeOrphans(olderThan: number): Promise<number>;
}

const ID = /^[A-Za-z0-9-]{1,128}$/;
/** From so many short pieces in a row on, they are made one: a row has room for some thousands, not for a million. */
const MOST_SHORT = 64;
const SHORT_BYTES = 5 * 2 ** 20;
/** A checksummed piece counts only at its end, which on a slow link is hours away. */
const LEAST_ORPHAN_AGE_MS = 24 * 3_600_000;

/**
 * Unfinished uploads on which any number of processes work: the bytes are objects that are never changed, and a row with
 * a version says which of them count. Whoever loses a race for an offset deletes what it stored.
 */
export function createPartialUploads({ objects, rows, clock }: PartialUploadsDeps): SharedPartialUploads {
  const pieces = createPartialPieces(objects);
  // Within a process the first who comes goes first, as on one machine; between processes the row decides.
  const oneAfterTheOther = createKeyedLock();

  /** @throws Failure `upload_not_found` where the tenant has none of this id */
  async function get(tenantId: string, imageId: string): Promise<PartialUploadRow> {
    const row = ID.test(imageId) ? await rows.find(imageId) : undefined;
    if (row?.tenantId !== tenantId) throw uploadNotFound(imageId);
    return row;
  }

  function next(row: PartialUploadRow, change: Partial<PartialUploadRow>): PartialUploadRow {
    return { ...row, ...change, version: row.version + 1 };
  }

  async function commit(row: PartialUploadRow, stored: readonly StoredPiece[]): Promise<PartialUploadRow> {
    const added = stored.reduce((sum, { size }) => sum + size, 0);
    const all = [...row.pieces, ...stored];
    const after = next(row, { offset: row.offset + added, pieces: all, writtenAt: clock.now() });
    if (await rows.replace(row, after)) return after;
    await pieces.delete(row, stored).catch(() => {});
    const now = await rows.find(row.imageId);
    throw now?.begun === row.begun ? offsetMismatch(now, row.offset) : uploadNotFound(row.imageId);
  }

  async function append(row: PartialUploadRow, body: AsyncIterable<Uint8Array>, options: AppendOptions) {
    if (row.offset === row.length) {
      // The bytes are all there and may have moved: only an empty piece can follow.
      for await (const chunk of abortable(body, options.signal)) assertFits(row, row.offset + chunk.length);
      return row.offset;
    }
    const { offset } = await appendPieces({ row: await merged(row), pieces, body, commit }, options);
    return offset;
  }

  /** With the short pieces at its end made one. Whoever does it at the same time does the same. */
  async function merged(row: PartialUploadRow): Promise<PartialUploadRow> {
    const kept = row.pieces.findLastIndex(({ size }) => size >= SHORT_BYTES) + 1;
    const short = row.pieces.slice(kept);
    if (short.length < MOST_SHORT) return row;
    const one = await pieces.put(row, pieces.read(row, short));
    const after = next(row, { pieces: [...row.pieces.slice(0, kept), one] });
    const isDone = await rows.replace(row, after);
    await pieces.delete(row, isDone ? short : [one]).catch(() => {});
    return isDone ? after : get(row.tenantId, row.imageId);
  }

  async function complete(row: PartialUploadRow, key: string): Promise<StoredObject> {
    const { imageId, offset, length } = row;
    if (offset !== length) throw incomplete(row);
    if (row.completed?.key === key) {
      if ((await objects.head(key)) === undefined) throw uploadNotFound(imageId);
      return { size: length, sha256: row.completed.sha256 };
    }
    const attributes = { contentType: 'application/octet-stream', metadata: { 'image-id': imageId } };
    const stored = await objects.put(key, pieces.read(row, row.pieces), { attributes });
    const after = next(row, { completed: { key, sha256: stored.sha256 } });
    if (!(await rows.replace(row, after))) return complete(await get(row.tenantId, imageId), key);
    await pieces.delete(row, row.pieces).catch(() => {});
    return stored;
  }

  return {
    async start({ tenantId, imageId, length }) {
      if (!ID.test(imageId)) throw uploadNotFound(imageId);
      const fresh = { offset: 0, begun: randomUUID(), version: 1, writtenAt: clock.now(), pieces: [] };
      const row = await rows.start({ tenantId, imageId, length, ...fresh });
      if (row.tenantId !== tenantId) throw uploadNotFound(imageId);
      return uploadOf(row);
    },

    async find(tenantId, imageId) {
      const row = ID.test(imageId) ? await rows.find(imageId) : undefined;
      return row?.tenantId === tenantId ? uploadOf(row) : undefined;
    },

    append: (tenantId, imageId, offset, body, options = {}) =>
      oneAfterTheOther(imageId, async () => {
        options.signal?.throwIfAborted();
        const row = await get(tenantId, imageId);
        if (row.offset !== offset) throw offsetMismatch(row, offset);
        return append(row, body, options);
      }),

    complete: (tenantId, imageId, key) =>
      oneAfterTheOther(imageId, async () => {
        const row = await get(tenantId, imageId);
        try {
          return await complete(row, key);
        } catch (error) {
          // Another process has completed it meanwhile, and deleted the pieces.
          const now = isFailure(error, 'object_damaged') ? await get(tenantId, imageId) : row;
          if (now.completed?.key !== key || row.completed) throw error;
          return complete(now, key);
        }
      }),

    async head(tenantId, imageId, most) {
      const row = await get(tenantId, imageId);
      const length = Math.min(most, row.offset);
      if (length === 0) return new Uint8Array();
      if (!row.completed) return collect(pieces.read(row, row.pieces, length));
      const { stream } = await objects.read(row.completed.key, { range: { start: 0, end: length - 1 } });
      return collect(stream);
    },

    // Not in turn with `append`: who erases an image does not wait for a sender that has gone silent.
    async remove(tenantId, imageId) {
      for (;;) {
        const row = ID.test(imageId) ? await rows.find(imageId) : undefined;
        if (row?.tenantId !== tenantId) return;
        if (!(await rows.remove(row))) continue;
        await pieces.delete(row, row.pieces);
        return;
      }
    },

    abandoned: async (before) => (await rows.writtenBefore(before)).map(uploadOf),

    removeOrphans: (olderThan) =>
      removeOrphanPieces(objects, {
        before: clock.now() - Math.max(olderThan, LEAST_ORPHAN_AGE_MS),
        rowOf: rows.find,
      }),
  };
}

function uploadOf({ tenantId, imageId, length, offset }: PartialUploadRow) {
  return { tenantId, imageId, length, offset };
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function uploadNotFound(imageId: string): Failure {
  return new Failure('upload_not_found', `There is no upload ${imageId.slice(0, 80)}. Start a new one.`);
}

function offsetMismatch(upload: PartialUploadRow, offset: number): Failure {
  return new Failure(
    'offset_mismatch',
    `The upload continues at byte ${upload.offset}, not ${offset}. Ask for its offset, then send from there.`,
    { extra: { offset: upload.offset } },
  );
}

function incomplete(upload: PartialUploadRow): Failure {
  return new Failure(
    'length_mismatch',
    `Only ${upload.offset} of ${upload.length} bytes have come. Send the rest, then complete the upload.`,
  );
}
