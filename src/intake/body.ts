import { createHash } from 'node:crypto';
import { Failure, isFailure } from '../failures.ts';
import type { StoredObject } from '../images/object-store.ts';
import type { PictureFormat } from '../pixels/picture.ts';
import { SNIFF_BYTES, sniffFormat } from '../pixels/sniff.ts';

/** What a body has to keep to while it is read. */
export interface BodyTerms {
  /** bytes */
  readonly maxBytes: number;
  readonly formats: readonly PictureFormat[];
  /** bytes, where they were declared */
  readonly size?: number;
  /** lower-case hex, where it was declared */
  readonly sha256?: string;
  /** nobody waits for the rest any longer */
  readonly signal?: AbortSignal;
}

export interface OpenedBody {
  readonly format: PictureFormat;
  /** All bytes from the first. Fails where the terms are broken, so that what stores it stores nothing. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Stops reading where `bytes` was not read to its end. */
  close(): void;
}

/**
 * Reads just enough of a body to know what it is.
 * @throws Failure `empty_file`, `unsupported_format`, `file_too_large`, `length_mismatch`, `checksum_mismatch`,
 *   `upload_interrupted`: now, or while `bytes` is read
 */
export async function openBody(source: AsyncIterable<Uint8Array>, terms: BodyTerms): Promise<OpenedBody> {
  if (terms.size !== undefined) assertSize(terms.size, terms.maxBytes);
  const { head, bytes, close } = await peek(kept(source, terms), SNIFF_BYTES);
  try {
    return { format: recognise(head, terms.formats), bytes, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** @throws Failure `empty_file`, `file_too_large` */
export function assertSize(size: number, maxBytes: number): void {
  if (size === 0) throw emptyFile();
  if (size > maxBytes) throw tooLarge(maxBytes);
}

/** @throws Failure `empty_file`, `unsupported_format` */
export function recognise(head: Uint8Array, formats: readonly PictureFormat[]): PictureFormat {
  if (head.length === 0) throw emptyFile();
  const format = sniffFormat(head);
  if (format !== undefined && formats.includes(format)) return format;
  const found =
    format === undefined
      ? 'Its first bytes are those of no image format that is read here'
      : `It is ${format}`;
  throw new Failure(
    'unsupported_format',
    `${found}. Accepted are ${formats.join(', ')}, whatever the file is called.`,
  );
}

/** Size and hash of a body that is not stored. @throws Failure `upload_interrupted` */
export async function fingerprint(source: AsyncIterable<Uint8Array>): Promise<StoredObject> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of uninterrupted(source)) {
    size += chunk.length;
    hash.update(chunk);
  }
  return { size, sha256: hash.digest('hex') };
}

/** Whether a body has just this content. Reads no further than the first byte too many. */
export async function hasContent(
  source: AsyncIterable<Uint8Array>,
  content: StoredObject,
  signal?: AbortSignal,
): Promise<boolean> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of uninterrupted(source, signal)) {
    size += chunk.length;
    if (size > content.size) return false;
    hash.update(chunk);
  }
  return size === content.size && hash.digest('hex') === content.sha256;
}

/** The first bytes (fewer where there are no more), and a stream that begins with them again. */
export async function peek(
  source: AsyncIterable<Uint8Array>,
  length: number,
): Promise<{ head: Uint8Array; bytes: AsyncIterable<Uint8Array>; close(): void }> {
  const reader = source[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let have = 0;
  while (have < length) {
    const next = await reader.next();
    if (next.done) break;
    chunks.push(next.value);
    have += next.value.length;
  }
  const close = () => {
    reader.return?.().catch(() => {});
  };
  async function* bytes() {
    try {
      yield* chunks;
      for (let next = await reader.next(); !next.done; next = await reader.next()) yield next.value;
    } finally {
      close();
    }
  }
  return { head: Buffer.concat(chunks).subarray(0, length), bytes: bytes(), close };
}

/** The same bytes, or a failure as soon as they break the terms: nothing is read beyond the limit. */
async function* kept(source: AsyncIterable<Uint8Array>, terms: BodyTerms): AsyncGenerator<Uint8Array> {
  const hash = terms.sha256 === undefined ? undefined : createHash('sha256');
  let size = 0;
  for await (const chunk of uninterrupted(source, terms.signal)) {
    size += chunk.length;
    if (terms.size !== undefined && size > terms.size) throw wrongLength(terms.size, `at least ${size}`);
    if (size > terms.maxBytes) throw tooLarge(terms.maxBytes);
    hash?.update(chunk);
    yield chunk;
  }
  if (terms.size !== undefined && size !== terms.size) throw wrongLength(terms.size, String(size));
  if (hash && hash.digest('hex') !== terms.sha256) throw wrongChecksum();
}

/**
 * The bytes of a sender. One that breaks off, or that nobody wants to wait for any longer, is told from a store that
 * failed.
 * @throws Failure `upload_interrupted` while it is read
 */
export async function* uninterrupted(
  source: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await unlessAborted(reader.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    if (isFailure(error)) throw error;
    throw new Failure(
      'upload_interrupted',
      'The upload stopped before its end. Send it again; one in pieces goes on where it stopped.',
      { cause: error },
    );
  } finally {
    // Not awaited: a sender that has stalled would hold up the answer.
    reader.return?.().catch(() => {});
  }
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

export function wrongLength(declared: number, arrived: string): Failure {
  return new Failure(
    'length_mismatch',
    `${declared} bytes were declared, ${arrived} came. Send the whole file, and declare its exact size.`,
  );
}

export function wrongChecksum(): Failure {
  return new Failure(
    'checksum_mismatch',
    'The SHA-256 of the bytes that came is not the one that was declared. Send the file again.',
  );
}

function emptyFile(): Failure {
  return new Failure('empty_file', 'The file has no bytes. Send an image.');
}

function tooLarge(maxBytes: number): Failure {
  return new Failure(
    'file_too_large',
    `The file has more than ${maxBytes} bytes, the most that is taken. Make it smaller.`,
  );
}
