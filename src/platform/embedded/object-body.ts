import { type FileHandle, open } from 'node:fs/promises';
import { Failure } from '../../failures.ts';
import type { ObjectBody, ReadOptions } from '../../images/object-store.ts';
import { isMissing, onDisk } from './disk.ts';

const CHUNK = 256 * 1024;

/** Opens the file of an object for reading. @throws Failure `object_not_found`, `range_not_satisfiable` */
export async function openObject(path: string, key: string, options: ReadOptions): Promise<ObjectBody> {
  options.signal?.throwIfAborted();
  const file = await openFile(path, key);
  try {
    const stats = await onDisk(file.stat());
    if (!stats.isFile()) throw objectNotFound(key);
    const { start, end } = options.range ?? { start: 0, end: stats.size - 1 };
    assertInside(start, end, stats.size, options.range !== undefined);
    const reader = createReader(file, start, end + 1, options.signal);
    // The first chunk is read at once: a small object needs no open file while somebody makes up their mind.
    const first = await reader.next();
    return { size: stats.size, stream: streamOf(first, reader) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

export function objectNotFound(key: string): Failure {
  return new Failure('object_not_found', `There is no object ${key}.`);
}

async function openFile(path: string, key: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) throw objectNotFound(key);
    return onDisk(Promise.reject(error));
  }
}

function assertInside(start: number, end: number, size: number, ranged: boolean): void {
  if (!ranged || (start >= 0 && start <= end && end < size)) return;
  throw new Failure(
    'range_not_satisfiable',
    `Bytes ${start}-${end} lie outside an object of ${size} bytes. Ask for a range inside it.`,
    { extra: { size } },
  );
}

interface Reader {
  /** The next chunk; closes the file after the last one and on failure. */
  next(): Promise<Uint8Array | undefined>;
  readonly done: boolean;
  close(): Promise<void>;
}

function createReader(file: FileHandle, start: number, end: number, signal: AbortSignal | undefined): Reader {
  let position = start;
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= file.close();
    return closing;
  };

  async function next(): Promise<Uint8Array | undefined> {
    if (position >= end) {
      await close();
      return undefined;
    }
    signal?.throwIfAborted();
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, end - position));
    const { bytesRead } = await onDisk(file.read(buffer, 0, buffer.length, position));
    if (bytesRead === 0)
      throw new Failure('object_damaged', 'A stored object became shorter while it was read.');
    position += bytesRead;
    if (position >= end) await close();
    return buffer.subarray(0, bytesRead);
  }

  return {
    next,
    get done() {
      return position >= end;
    },
    close,
  };
}

function streamOf(first: Uint8Array | undefined, reader: Reader): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (first !== undefined) controller.enqueue(first);
        if (reader.done) controller.close();
      },
      async pull(controller) {
        try {
          const chunk = await reader.next();
          if (chunk !== undefined) controller.enqueue(chunk);
          if (reader.done) controller.close();
        } catch (error) {
          await reader.close();
          throw error;
        }
      },
      cancel: () => reader.close(),
    },
    { highWaterMark: 1 },
  );
}
