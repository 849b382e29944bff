import type { FileHandle } from 'node:fs/promises';
import { onDisk } from './disk.ts';

/** Writes chunks at the end of a file, several at a time: a system call for each would cost more than the bytes. */
export interface FileWriter {
  add(chunk: Uint8Array): Promise<void>;
  /** Everything added has been handed to the kernel when it answers. @throws Failure `storage_full` */
  flush(): Promise<void>;
  /** where the file ends with everything added, bytes */
  readonly end: number;
}

/** Bytes held back before they are written. */
const HELD = 512 * 1024;

/** @param start where to write, bytes from the beginning of the file */
export function createFileWriter(file: FileHandle, start: number): FileWriter {
  let chunks: Uint8Array[] = [];
  let held = 0;
  let written = start;

  async function flush(): Promise<void> {
    let left = chunks;
    chunks = [];
    held = 0;
    while (left.length > 0) {
      // The kernel may take a part only, as it does just before a disk is full.
      const { bytesWritten } = await onDisk(file.writev(left, written));
      written += bytesWritten;
      left = after(left, bytesWritten);
    }
  }

  return {
    async add(chunk) {
      if (chunk.length === 0) return;
      chunks.push(chunk);
      held += chunk.length;
      if (held >= HELD) await flush();
    },
    flush,
    get end() {
      return written + held;
    },
  };
}

/** What is left of the chunks after so many bytes of them. */
function after(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  const left: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (skip < chunk.length) left.push(chunk.subarray(skip));
    skip = Math.max(0, skip - chunk.length);
  }
  return left;
}
