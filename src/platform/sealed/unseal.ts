import { Failure } from '../../failures.ts';
import type { DataKey } from '../../images/keyring.ts';
import { openChunk } from './chunks.ts';
import {
  chunksIn,
  damaged,
  HEADER_BYTES,
  plainSize,
  SEALED_CHUNK_BYTES,
  type StreamKey,
  streamKey,
  TAG_BYTES,
} from './format.ts';

/** Chunks that lie one after the other in sealed bytes. */
export interface Stretch {
  readonly stream: StreamKey;
  /** of the first one */
  readonly firstChunk: number;
  /** in the whole, this stretch and all around it */
  readonly chunks: number;
  readonly name: string;
}

/** Opens the chunks of a stretch as their bytes come. */
export interface Unsealer {
  /** Plaintext that is ready; nothing is answered before its tag was checked. @throws Failure `object_damaged` */
  add(sealed: Uint8Array): Buffer[];
  /** The rest; no more after this. @throws Failure `object_damaged` where the whole ends too early */
  end(): Buffer[];
}

export function createUnsealer({ stream, firstChunk, chunks, name }: Stretch): Unsealer {
  let chunk = firstChunk;
  let held: Buffer = Buffer.alloc(0);

  function open(sealed: Buffer): Buffer {
    const isLast = chunk === chunks - 1;
    const plain = openChunk(stream, { chunk, isLast }, sealed, name);
    chunk += 1;
    return plain;
  }

  return {
    add(sealed) {
      const all = held.length === 0 ? asBuffer(sealed) : Buffer.concat([held, sealed]);
      const ready: Buffer[] = [];
      let at = 0;
      for (; all.length - at >= SEALED_CHUNK_BYTES; at += SEALED_CHUNK_BYTES) {
        ready.push(open(all.subarray(at, at + SEALED_CHUNK_BYTES)));
      }
      held = all.subarray(at);
      return ready;
    },

    end() {
      if (held.length === 0) return [];
      // Only the last chunk of the whole is shorter than the others.
      if (chunk !== chunks - 1) throw damaged(name);
      const rest = open(held);
      held = Buffer.alloc(0);
      return [rest];
    },
  };
}

/** Opens sealed bytes that are all there. @throws Failure `object_damaged` */
export function unsealWhole(sealed: Uint8Array, dataKey: DataKey, name: string): Buffer {
  const size = plainSize(sealed.length);
  if (size === undefined) throw damaged(name);
  const stream = streamKey(dataKey, sealed.subarray(0, HEADER_BYTES), name);
  const unsealer = createUnsealer({ stream, firstChunk: 0, chunks: chunksIn(sealed.length), name });
  return Buffer.concat([...unsealer.add(sealed.subarray(HEADER_BYTES)), ...unsealer.end()], size);
}

/** Where the chunks that hold a range of the plaintext lie, and what of them is asked for. */
export interface SealedRange {
  /** of the sealed bytes, both inclusive */
  readonly start: number;
  readonly end: number;
  readonly firstChunk: number;
  /** bytes of the opened chunks before the range */
  readonly skip: number;
  /** bytes of the range */
  readonly length: number;
}

/** @param sealed bytes of the whole; the range lies inside its plaintext, both ends inclusive */
export function sealedRange(range: { start: number; end: number }, sealed: number): SealedRange {
  const chunkBytes = SEALED_CHUNK_BYTES - TAG_BYTES;
  const firstChunk = Math.floor(range.start / chunkBytes);
  const lastChunk = Math.floor(range.end / chunkBytes);
  return {
    start: HEADER_BYTES + firstChunk * SEALED_CHUNK_BYTES,
    end: Math.min(sealed, HEADER_BYTES + (lastChunk + 1) * SEALED_CHUNK_BYTES) - 1,
    firstChunk,
    skip: range.start - firstChunk * chunkBytes,
    length: range.end - range.start + 1,
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** As a store would refuse it. */
export function outside(range: { start: number; end: number }, size: number): Failure {
  return new Failure(
    'range_not_satisfiable',
    `Bytes ${range.start}-${range.end} lie outside an object of ${size} bytes. Ask for a range inside it.`,
    { extra: { size } },
  );
}
