import { type FileHandle, open } from 'node:fs/promises';
import type { Keyring } from '../../images/keyring.ts';
import { keyNameOf } from '../../images/keyring.ts';
import type { PartialUpload } from '../../intake/partial-uploads.ts';
import { createFileWriter, type FileWriter } from './file-writer.ts';
import { createSealedPartWriter, readSealedPart } from './sealed-part.ts';

/** An upload as the database knows it. */
export interface KnownPartial extends PartialUpload {
  /** bytes of its file that count, where they are encrypted */
  readonly stored: number | undefined;
}

/** The bytes of unfinished uploads in their files: as they are, or encrypted, as each upload was begun. */
export interface PartialBytes {
  /** Writes behind what counts; `stored` is what the database is to remember once it is durable. */
  writer(file: FileHandle, upload: KnownPartial): Promise<{ writer: FileWriter; stored(): number | null }>;
  /** Everything that counts, from the beginning. */
  read(path: string, upload: KnownPartial): AsyncGenerator<Uint8Array>;
}

const PIECE = 256 * 1024;

/** @param keyring one that refuses where encryption is off: what is encrypted cannot be gone on with then */
export function createPartialBytes(keyring: Keyring): PartialBytes {
  return {
    async writer(file, upload) {
      const { stored, offset, imageId } = upload;
      if (stored === undefined) return { writer: createFileWriter(file, offset), stored: () => null };
      const dataKey = await keyring.create(keyNameOf(upload));
      const writer = createSealedPartWriter(file, { imageId, dataKey }, { offset, stored });
      return { writer, stored: () => writer.stored };
    },

    async *read(path, upload) {
      const { stored, offset, imageId } = upload;
      const file = await open(path, 'r');
      try {
        if (stored === undefined) yield* plain(file, offset);
        else if (stored > 0) {
          const dataKey = await keyring.open(keyNameOf(upload));
          yield* readSealedPart(file, { imageId, dataKey }, stored);
        }
      } finally {
        await file.close();
      }
    },
  };
}

async function* plain(file: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < size; ) {
    const buffer = Buffer.allocUnsafe(Math.min(PIECE, size - position));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
