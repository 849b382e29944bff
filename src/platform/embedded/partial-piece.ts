import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Failure } from '../../failures.ts';
import type { AppendOptions, PartialUpload } from '../../intake/partial-uploads.ts';
import type { Disk } from './disk.ts';
import type { FileWriter } from './file-writer.ts';

export interface Piece {
  readonly upload: PartialUpload;
  /** ends at the upload's offset */
  readonly file: FileHandle;
  /** writes at the end of it */
  readonly writer: FileWriter;
  readonly body: AsyncIterable<Uint8Array>;
  readonly checksum?: AppendOptions['checksum'];
  readonly disk: Disk;
  /** the bytes before this offset are durable: it may be answered from now on */
  readonly onDurable: (offset: number) => void;
}

/** A long piece becomes durable bit by bit, bytes: a crash must not cost an hour of somebody's slow link. */
const KEEP_EVERY = 8 * 1024 * 1024;

/** Writes a piece of an upload to the end of its file. */
export async function writePiece(piece: Piece): Promise<void> {
  const { checksum, writer } = piece;
  await (checksum === undefined ? writeAsItComes(piece, writer) : writeChecked(piece, writer, checksum));
}

async function writeAsItComes(piece: Piece, writer: FileWriter): Promise<void> {
  let kept = piece.upload.offset;
  let reading = true;
  try {
    for await (const chunk of piece.body) {
      reading = false;
      assertFits(piece.upload, writer.end + chunk.length);
      await writer.add(chunk);
      if (writer.end - kept >= KEEP_EVERY) {
        await keep(piece, writer);
        kept = writer.end;
      }
      reading = true;
    }
  } catch (error) {
    // The stream broke, and what had come counts. Where the writing failed, only what was kept before does.
    if (reading) await keep(piece, writer);
    throw error;
  }
  await keep(piece, writer);
}

async function writeChecked(
  piece: Piece,
  writer: FileWriter,
  { algorithm, digest }: NonNullable<AppendOptions['checksum']>,
): Promise<void> {
  const hash = createHash(algorithm);
  for await (const chunk of piece.body) {
    assertFits(piece.upload, writer.end + chunk.length);
    hash.update(chunk);
    await writer.add(chunk);
  }
  if (!hash.digest().equals(digest)) {
    throw new Failure(
      'checksum_mismatch',
      `The piece does not match its ${algorithm} checksum. Send it again.`,
    );
  }
  await keep(piece, writer);
}

async function keep({ file, disk, onDurable }: Piece, writer: FileWriter): Promise<void> {
  await writer.flush();
  await disk.syncFile(file);
  onDurable(writer.end);
}

/** @throws Failure `file_too_large` */
export function assertFits(upload: PartialUpload, end: number): void {
  if (end <= upload.length) return;
  throw new Failure(
    'file_too_large',
    `The upload was declared as ${upload.length} bytes and more have come. Start a new one with the right length.`,
  );
}
