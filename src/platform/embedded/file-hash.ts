import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

/** What a whole file holds. */
export interface FileFacts {
  /** bytes */
  readonly size: number;
  /** lower-case hex */
  readonly sha256: string;
}

const CHUNK = 256 * 1024;

export async function hashFile(path: string): Promise<FileFacts> {
  const file = await open(path, 'r');
  return hashHandle(file).finally(() => file.close());
}

/** Reads from the beginning; leaves the file open. */
export async function hashHandle(file: FileHandle): Promise<FileFacts> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  let size = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size);
    if (bytesRead === 0) return { size, sha256: hash.digest('hex') };
    hash.update(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
}
