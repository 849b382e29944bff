import { randomUUID } from 'node:crypto';
import { Failure, isFailure } from '../../failures.ts';
import type { ObjectStore } from '../../images/object-store.ts';
import type { PartialUploadRow, StoredPiece } from './partial-upload-rows.ts';

/** Where pieces of unfinished uploads lie, in the bucket of the objects and apart from them. */
export const UNFINISHED = 'unfinished/';

const attributes = { contentType: 'application/octet-stream' };

/** Whose pieces they are. */
export type PieceOwner = Pick<PartialUploadRow, 'tenantId' | 'imageId' | 'begun'>;

/**
 * The bytes of unfinished uploads: objects under `unfinished/{tenant}/{image}/{begun}/`. They are never changed; the row
 * says which of them count.
 */
export interface PartialPieces {
  put(owner: PieceOwner, body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<StoredPiece>;
  /** All bytes of the pieces, or the first `most`. @throws Failure `object_damaged` where one is gone */
  read(owner: PieceOwner, pieces: readonly StoredPiece[], most?: number): AsyncGenerator<Uint8Array>;
  delete(owner: PieceOwner, pieces: readonly StoredPiece[]): Promise<void>;
}

export function createPartialPieces(store: ObjectStore): PartialPieces {
  const keyOf = (owner: PieceOwner, { name }: StoredPiece) => `${folderOf(owner)}${name}`;

  return {
    async put(owner, body) {
      const name = randomUUID();
      const { size } = await store.put(keyOf(owner, { name, size: 0 }), asStream(body), { attributes });
      return { name, size };
    },

    async *read(owner, pieces, most = Number.POSITIVE_INFINITY) {
      let left = most;
      for (const piece of pieces) {
        if (left <= 0) return;
        const end = Math.min(piece.size, left) - 1;
        try {
          const whole = end === piece.size - 1;
          const { stream } = await store.read(keyOf(owner, piece), whole ? {} : { range: { start: 0, end } });
          yield* stream;
        } catch (error) {
          if (isFailure(error, 'object_not_found')) throw lost(error);
          throw error;
        }
        left -= end + 1;
      }
    },

    delete: (owner, pieces) => store.delete(pieces.map((piece) => keyOf(owner, piece))),
  };
}

/**
 * Deletes pieces that count for no upload: of processes that died between a piece and its row.
 *
 * @param options.before milliseconds: only what was stored earlier, for what is being stored is in no row yet
 * @param options.rowOf the upload to an image, where there is one
 * @returns how many went
 */
export async function removeOrphanPieces(
  store: ObjectStore,
  options: { before: number; rowOf: (imageId: string) => Promise<PartialUploadRow | undefined> },
): Promise<number> {
  const orphans: string[] = [];
  let last: { imageId: string; row: PartialUploadRow | undefined } | undefined;
  for await (const { key, modifiedAt } of store.list(UNFINISHED)) {
    const [, , imageId, begun, name] = key.split('/');
    if (imageId === undefined || modifiedAt >= options.before) continue;
    // Keys come in order from most stores: one look for each upload.
    if (last?.imageId !== imageId) last = { imageId, row: await options.rowOf(imageId) };
    const { row } = last;
    if (row?.begun !== begun || !row?.pieces.some((piece) => piece.name === name)) orphans.push(key);
  }
  await store.delete(orphans);
  return orphans.length;
}

function folderOf({ tenantId, imageId, begun }: PieceOwner): string {
  return `${UNFINISHED}${tenantId}/${imageId}/${begun}/`;
}

async function* asStream(body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* body;
}

function lost(cause: unknown): Failure {
  return new Failure('object_damaged', 'Bytes of this upload are lost. Start it again.', { cause });
}
