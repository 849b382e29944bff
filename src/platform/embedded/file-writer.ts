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
    const batch = chunks;
    chunks = [];
    held = 0;
    for (const chunk of batch) written += await writeAll(file, chunk, written);
  }

  return {
    async add(chunk) {
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

/** The kernel may take a part only, as it does just before a disk is full. */
async function writeAll(file: FileHandle, chunk: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < chunk.length) {
    const { bytesWritten } = await onDisk(file.write(chunk, done, chunk.length - done, position + done));
    done += bytesWritten;
  }
  return done;
}
