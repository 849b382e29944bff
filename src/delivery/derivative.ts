import { readFile } from 'node:fs/promises';
import { Failure } from '../failures.ts';
import type { ObjectBody } from '../images/object-store.ts';

/** What is known of a picture that was made for a request. */
export interface DerivativeFacts {
  /** bytes */
  readonly size: number;
  /** lower-case hex; the entity tag */
  readonly sha256: string;
  readonly contentType: string;
  /** pixels; absent where words are told of a picture */
  readonly width?: number;
  /** pixels; absent where words are told of a picture */
  readonly height?: number;
  /** what a person should know: that another format had to be taken, ... */
  readonly note?: string;
}

/** A picture that was made for a request, and its bytes. */
export interface Derivative extends DerivativeFacts {
  /** the whole picture where it is in memory at this moment; not to be changed */
  readonly bytes: Uint8Array | undefined;
  /**
   * @param range bytes, both inclusive, inside the picture
   * @throws Failure `object_not_found` where it was dropped in the meantime: ask for it anew
   */
  read(range?: ByteSpan): Promise<ObjectBody>;
}

export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** A picture that lives in memory alone. */
export function derivativeInMemory(facts: DerivativeFacts, bytes: Uint8Array): Derivative {
  return { ...facts, bytes, read: async (range) => bodyOf(bytes, range) };
}

/** Above this a picture that cannot be kept on disk is refused instead of held in memory while it is sent. */
const MOST_HELD_BYTES = 64 * 2 ** 20;

/** Reads a file into memory, for a picture that is to be sent though it cannot be kept. */
export async function holdInMemory(path: string, facts: DerivativeFacts): Promise<Derivative> {
  if (facts.size > MOST_HELD_BYTES) {
    throw new Failure('storage_full', 'There is no room for a picture of this size. Ask for a smaller one.');
  }
  const bytes = await readFile(path);
  return derivativeInMemory(facts, bytes.subarray(0, facts.size));
}

/** A piece of bytes in memory, as a store would answer it. */
export function bodyOf(bytes: Uint8Array, range?: ByteSpan): ObjectBody {
  const piece = range ? bytes.subarray(range.start, range.end + 1) : bytes;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      if (piece.length > 0) controller.enqueue(piece);
      controller.close();
    },
  });
  return { size: bytes.length, stream };
}
