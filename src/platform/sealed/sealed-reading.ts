import { isFailure } from '../../failures.ts';
import { type KeyName, type Keyring, keyNameOfObject } from '../../images/keyring.ts';
import type { CallOptions, ObjectBody, ObjectStore, ReadOptions } from '../../images/object-store.ts';
import { chunksIn, damaged, HEADER_BYTES, isSealed, plainSize, streamKey } from './format.ts';
import { openBody } from './sealed-body.ts';
import { createUnsealer, outside, sealedRange } from './unseal.ts';

/** How sealed objects are read, and what lies beside them unsealed. */
export interface SealedReading {
  read(key: string, options: ReadOptions): Promise<ObjectBody>;
  /** @throws Failure `object_not_found` */
  isSealed(key: string, options?: CallOptions): Promise<boolean>;
}

export interface SealedReadingDeps {
  readonly store: Pick<ObjectStore, 'read'>;
  readonly keyring: Pick<Keyring, 'open'>;
  /** whether an object that is not sealed is read as it is */
  readonly acceptsUnsealed: () => boolean;
  /** whose key seals what is under a key of the store; that of the object's image unless said otherwise */
  readonly keyNameFor?: (key: string) => KeyName;
}

export function createSealedReading({
  store,
  keyring,
  acceptsUnsealed,
  keyNameFor = keyNameOfObject,
}: SealedReadingDeps): SealedReading {
  async function readWhole(key: string, options: CallOptions): Promise<ObjectBody> {
    const body = await store.read(key, options);
    const reader = body.stream.getReader();
    try {
      const begun = await beginningOf(reader);
      if (!isSealed(begun)) {
        if (!acceptsUnsealed()) throw damaged(key);
        return { size: body.size, stream: continued(begun, reader) };
      }
      const size = sizeOf(key, body.size);
      const stretch = { chunks: chunksIn(body.size), firstChunk: 0, name: key };
      const unsealer = createUnsealer({ ...stretch, stream: await openStream(key, begun) });
      const rest = begun.subarray(HEADER_BYTES);
      return {
        size,
        stream: await openBody({ reader, begun: rest, unsealer, skip: 0, length: size, name: key }),
      };
    } catch (error) {
      await reader.cancel().catch(() => {});
      throw error;
    }
  }

  async function readRange(
    key: string,
    options: ReadOptions,
    range: NonNullable<ReadOptions['range']>,
  ): Promise<ObjectBody> {
    const found = await headerOf(key, options);
    if (!found) return store.read(key, options);
    const size = sizeOf(key, found.size);
    if (range.start < 0 || range.start > range.end || range.end >= size) throw outside(range, size);
    const { start, end, ...within } = sealedRange(range, found.size);
    const stretch = { chunks: chunksIn(found.size), firstChunk: within.firstChunk, name: key };
    const unsealer = createUnsealer({ ...stretch, stream: await openStream(key, found.header) });
    const { stream } = await store.read(key, { ...options, range: { start, end } });
    const body = { reader: stream.getReader(), begun: new Uint8Array(), unsealer, ...within, name: key };
    return { size, stream: await openBody(body) };
  }

  /** Undefined where the object is not sealed. */
  async function headerOf(
    key: string,
    options: CallOptions,
  ): Promise<{ header: Buffer; size: number } | undefined> {
    const { signal } = options;
    const range = { start: 0, end: HEADER_BYTES - 1 };
    try {
      const { size, stream } = await store.read(key, { range, ...(signal && { signal }) });
      const header = await beginningOf(stream.getReader());
      if (isSealed(header)) return { header, size };
    } catch (error) {
      // Shorter than a header.
      if (!isFailure(error, 'range_not_satisfiable')) throw error;
    }
    if (!acceptsUnsealed()) throw damaged(key);
    return undefined;
  }

  async function openStream(key: string, beginning: Buffer) {
    const dataKey = await keyring.open(keyNameFor(key));
    return streamKey(dataKey, beginning.subarray(0, HEADER_BYTES), key);
  }

  return {
    read: (key, options) =>
      options.range ? readRange(key, options, options.range) : readWhole(key, options),
    isSealed: async (key, options = {}) => (await headerOf(key, options)) !== undefined,
  };
}

function sizeOf(key: string, sealed: number): number {
  const size = plainSize(sealed);
  if (size === undefined) throw damaged(key);
  return size;
}

/** What comes until there is a header, or no more. */
async function beginningOf(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Buffer> {
  let begun = Buffer.alloc(0);
  while (begun.length < HEADER_BYTES) {
    const { done, value } = await reader.read();
    if (done) break;
    begun = Buffer.concat([begun, value]);
  }
  return begun;
}

/** A stream that was read from, from its beginning. */
function continued(
  begun: Buffer,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (begun.length > 0) controller.enqueue(begun);
      },
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 1 },
  );
}
