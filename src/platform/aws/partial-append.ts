import { createHash } from 'node:crypto';
import { Failure } from '../../failures.ts';
import type { AppendOptions, PartialUpload } from '../../intake/partial-uploads.ts';
import { abortable } from '../embedded/abortable.ts';
import type { PartialPieces } from './partial-pieces.ts';
import type { PartialUploadRow, StoredPiece } from './partial-upload-rows.ts';

export interface Appending {
  readonly row: PartialUploadRow;
  readonly pieces: PartialPieces;
  readonly body: AsyncIterable<Uint8Array>;
  /** Makes stored pieces count; answers the row as it is then. @throws Failure where it cannot, and they are gone */
  commit(row: PartialUploadRow, stored: readonly StoredPiece[]): Promise<PartialUploadRow>;
}

/** Bytes held in memory until they are stored; a longer stream becomes durable bit by bit. */
const PIECE_BYTES = 8 * 2 ** 20;

/** Stores what comes as pieces of the upload. @returns the row as it is after the last of them */
export async function appendPieces(
  appending: Appending,
  { checksum, signal }: AppendOptions,
): Promise<PartialUploadRow> {
  const body = abortable(appending.body, signal);
  return checksum === undefined
    ? appendAsItComes({ ...appending, body })
    : appendChecked({ ...appending, body }, checksum);
}

async function appendAsItComes(appending: Appending): Promise<PartialUploadRow> {
  const { pieces, body, commit } = appending;
  let { row } = appending;
  const held = new Held();
  const keep = async () => {
    if (held.bytes === 0) return;
    row = await commit(row, [await pieces.put(row, held.take())]);
  };
  let isReading = true;
  try {
    for await (const chunk of body) {
      isReading = false;
      assertFits(row, row.offset + held.bytes + chunk.length);
      held.add(chunk);
      if (held.bytes >= PIECE_BYTES) await keep();
      isReading = true;
    }
  } catch (error) {
    // The stream broke, and what had come counts. Where the storing failed, only what was kept before does.
    if (isReading) await keep();
    throw error;
  }
  await keep();
  return row;
}

async function appendChecked(
  { row, pieces, body, commit }: Appending,
  { algorithm, digest }: NonNullable<AppendOptions['checksum']>,
): Promise<PartialUploadRow> {
  const hash = createHash(algorithm);
  const stored: StoredPiece[] = [];
  const held = new Held();
  let end = row.offset;
  try {
    for await (const chunk of body) {
      end += chunk.length;
      assertFits(row, end);
      hash.update(chunk);
      held.add(chunk);
      if (held.bytes >= PIECE_BYTES) stored.push(await pieces.put(row, held.take()));
    }
    if (!hash.digest().equals(digest)) throw mismatch(algorithm);
    if (held.bytes > 0) stored.push(await pieces.put(row, held.take()));
  } catch (error) {
    // Where this fails too, the sweep of orphans finds them.
    await pieces.delete(row, stored).catch(() => {});
    throw error;
  }
  return commit(row, stored);
}

class Held {
  bytes = 0;
  #chunks: Uint8Array[] = [];

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.bytes += chunk.length;
  }

  take(): Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.bytes = 0;
    return chunks;
  }
}

/** @throws Failure `file_too_large` */
export function assertFits(upload: PartialUpload, end: number): void {
  if (end <= upload.length) return;
  throw new Failure(
    'file_too_large',
    `The upload was declared as ${upload.length} bytes and more have come. Start a new one with the right length.`,
  );
}

function mismatch(algorithm: string): Failure {
  return new Failure(
    'checksum_mismatch',
    `The piece does not match its ${algorithm} checksum. Send it again.`,
  );
}
