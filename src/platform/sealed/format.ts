import { hash, hkdfSync, randomBytes } from 'node:crypto';
import { Failure } from '../../failures.ts';
import type { DataKey } from '../../images/keyring.ts';

/**
 * How sealed bytes look: a header, then the plaintext in chunks of 64 KiB, each encrypted by AES-256-GCM. This is the
 * STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse
 * Misuse-Resistance, CRYPTO 2015, section 7), as in Tink and age: the nonce of a chunk holds its number and whether it
 * is the last, so that chunks cannot be cut off, put in another order or taken from elsewhere unnoticed.
 *
 *     header: 8 bytes magic, 1 version, 1 log2 of the chunk size, 6 zero, 32 salt
 *     chunk:  up to 64 KiB of ciphertext, 16 bytes tag; the last one may be shorter, and empty where it is the only one
 *     nonce:  7 bytes prefix, 4 bytes number of the chunk (big-endian), 1 byte: 1 for the last chunk, else 0
 *
 * Key and nonce prefix come by HKDF-SHA-256 (RFC 5869) from the data key, with the random salt; the header and the SHA-256 of
 * the name under which the bytes lie go into its `info`. So each writing has a key of its own, and bytes that are moved to
 * another name, or whose header is changed, do not open.
 */
export const HEADER_BYTES = 48;
export const CHUNK_BYTES = 65_536;
export const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;

/** No image format begins like this, nor does text. */
const MAGIC = Buffer.from('\x89DRsl\r\n\x1a', 'latin1');
const VERSION = 1;
const CHUNK_LOG2 = 16;
const SALT_AT = 16;
/** Chunks are numbered in four bytes. */
const MOST_CHUNKS = 2 ** 32;

/** What a stretch of sealed bytes is opened and closed with. */
export interface StreamKey {
  readonly key: Uint8Array;
  /** 7 bytes */
  readonly noncePrefix: Uint8Array;
}

export function newHeader(): Buffer {
  const start = Buffer.alloc(SALT_AT);
  MAGIC.copy(start);
  start[MAGIC.length] = VERSION;
  start[MAGIC.length + 1] = CHUNK_LOG2;
  return Buffer.concat([start, randomBytes(HEADER_BYTES - SALT_AT)]);
}

/** Whether bytes begin as sealed ones do. */
export function isSealed(beginning: Uint8Array): boolean {
  return beginning.length >= HEADER_BYTES && MAGIC.equals(beginning.subarray(0, MAGIC.length));
}

/**
 * @param header {@link HEADER_BYTES} bytes of which {@link isSealed} is true
 * @param name under which the bytes lie
 * @throws Failure `object_damaged` where this version does not know the header
 */
export function streamKey(dataKey: DataKey, header: Uint8Array, name: string): StreamKey {
  if (header[MAGIC.length] !== VERSION || header[MAGIC.length + 1] !== CHUNK_LOG2) throw damaged(name);
  const salt = header.subarray(SALT_AT, HEADER_BYTES);
  const info = Buffer.concat([header.subarray(0, SALT_AT), hash('sha256', name, 'buffer')]);
  const derived = Buffer.from(hkdfSync('sha256', dataKey, salt, info, 39));
  return { key: derived.subarray(0, 32), noncePrefix: derived.subarray(32) };
}

/** @throws Failure `file_too_large` past 256 TiB */
export function nonceOf({ noncePrefix }: StreamKey, chunk: number, isLast: boolean): Uint8Array {
  if (chunk >= MOST_CHUNKS) throw new Failure('file_too_large', 'More bytes than can be sealed in one go.');
  const nonce = Buffer.alloc(12);
  nonce.set(noncePrefix);
  nonce.writeUInt32BE(chunk, 7);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

export function sealedSize(plain: number): number {
  return HEADER_BYTES + plain + TAG_BYTES * Math.max(1, Math.ceil(plain / CHUNK_BYTES));
}

/** Bytes of the plaintext in so many sealed bytes; undefined where nothing sealed has that size. */
export function plainSize(sealed: number): number | undefined {
  const plain = sealed - HEADER_BYTES - TAG_BYTES * chunksIn(sealed);
  return plain >= 0 && sealedSize(plain) === sealed ? plain : undefined;
}

/** Into how many chunks so many sealed bytes are divided; at least one. */
export function chunksIn(sealed: number): number {
  return Math.max(1, Math.ceil((sealed - HEADER_BYTES) / SEALED_CHUNK_BYTES));
}

export function damaged(name: string, cause?: unknown): Failure {
  return new Failure('object_damaged', `The sealed bytes of ${name} are not what was written.`, {
    ...(cause !== undefined && { cause }),
  });
}
