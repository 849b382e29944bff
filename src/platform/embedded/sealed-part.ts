import type { FileHandle } from 'node:fs/promises';
import type { DataKey } from '../../images/keyring.ts';
import { openChunk, sealChunk } from '../sealed/chunks.ts';
import {
  CHUNK_BYTES,
  damaged,
  HEADER_BYTES,
  isSealed,
  newHeader,
  type StreamKey,
  streamKey,
  TAG_BYTES,
} from '../sealed/format.ts';
import { createFileWriter, type FileWriter } from './file-writer.ts';

/**
 * The bytes of an unfinished upload, encrypted as they come. Each piece begins with a header like that of a sealed
 * object, whose salt gives the piece a key of its own, for a piece may be sent again with other bytes after a crash and
 * no nonce may serve twice. Behind it are frames: 4 bytes with the length of the plaintext (big-endian), the
 * ciphertext, the tag. The first byte of a header is larger than that of any length. What counts of the file is in the
 * database: a frame behind that was never answered, and one that is missing there is missed.
 */
export interface SealedPart {
  readonly imageId: string;
  readonly dataKey: DataKey;
}

export interface SealedPartWriter extends FileWriter {
  /** bytes of the file with everything flushed */
  readonly stored: number;
}

const LENGTH_BYTES = 4;

/**
 * Adds a piece.
 *
 * @param at where it begins: in the upload, and in the file; bytes
 */
export function createSealedPartWriter(
  file: FileHandle,
  part: SealedPart,
  at: { readonly offset: number; readonly stored: number },
): SealedPartWriter {
  const inner = createFileWriter(file, at.stored);
  const header = newHeader();
  const stream = streamKey(part.dataKey, header, pieceName(part, at.offset));
  const held = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let heldBytes = 0;
  let end = at.offset;
  let chunk = 0;

  async function putFrame(): Promise<void> {
    if (chunk === 0) await inner.add(header);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(heldBytes);
    await inner.add(length);
    const place = { chunk, isLast: false };
    for (const sealed of sealChunk(stream, place, held.subarray(0, heldBytes))) await inner.add(sealed);
    chunk += 1;
    heldBytes = 0;
  }

  return {
    async add(plain) {
      let rest = plain;
      end += plain.length;
      while (rest.length > 0) {
        const fitting = rest.subarray(0, CHUNK_BYTES - heldBytes);
        held.set(fitting, heldBytes);
        heldBytes += fitting.length;
        rest = rest.subarray(fitting.length);
        if (heldBytes === CHUNK_BYTES) await putFrame();
      }
    },
    async flush() {
      if (heldBytes > 0) await putFrame();
      await inner.flush();
    },
    get end() {
      return end;
    },
    get stored() {
      return inner.end;
    },
  };
}

/**
 * What was uploaded, from the beginning.
 *
 * @param stored bytes of the file that count
 * @throws Failure `object_damaged` where they are not what was written
 */
export async function* readSealedPart(
  file: FileHandle,
  part: SealedPart,
  stored: number,
): AsyncGenerator<Buffer> {
  const input = createInput(file, stored, part.imageId);
  let stream: StreamKey | undefined;
  let chunk = 0;
  let offset = 0;
  while (!input.isAtEnd) {
    let length = await input.take(LENGTH_BYTES);
    if (length[0] !== 0) {
      const header = Buffer.concat([length, await input.take(HEADER_BYTES - LENGTH_BYTES)]);
      if (!isSealed(header)) throw damaged(part.imageId);
      stream = streamKey(part.dataKey, header, pieceName(part, offset));
      chunk = 0;
      length = await input.take(LENGTH_BYTES);
    }
    const bytes = length.readUInt32BE();
    if (!stream || bytes > CHUNK_BYTES) throw damaged(part.imageId);
    const plain = openChunk(
      stream,
      { chunk, isLast: false },
      await input.take(bytes + TAG_BYTES),
      part.imageId,
    );
    chunk += 1;
    offset += plain.length;
    yield plain;
  }
}

function pieceName({ imageId }: SealedPart, offset: number): string {
  return `partial/${imageId}/${offset}`;
}

const READ_AT_ONCE = 512 * 1024;

/** The beginning of a file, in portions as they are asked for. */
function createInput(file: FileHandle, size: number, name: string) {
  let ahead = Buffer.alloc(0);
  let position = 0;
  return {
    get isAtEnd() {
      return position >= size && ahead.length === 0;
    },
    async take(bytes: number): Promise<Buffer> {
      while (ahead.length < bytes) {
        const wanted = Math.min(READ_AT_ONCE, size - position);
        const buffer = Buffer.allocUnsafe(wanted);
        const { bytesRead } = await file.read(buffer, 0, wanted, position);
        if (bytesRead === 0) throw damaged(name);
        position += bytesRead;
        ahead = Buffer.concat([ahead, buffer.subarray(0, bytesRead)]);
      }
      const taken = ahead.subarray(0, bytes);
      ahead = ahead.subarray(bytes);
      return taken;
    },
  };
}
