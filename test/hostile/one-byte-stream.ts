import { constants, deflateRawSync } from 'node:zlib';

const CHUNK = 1 << 20;
const ADLER = 65_521;

/**
 * A zlib stream (RFC 1950) that inflates to `length` times the same byte, made in milliseconds whatever its
 * length: one compressed mebibyte is repeated, and the checksum is worked out. A thousand times smaller than what
 * comes out of it, which is all that deflate can do.
 */
export function zlibOfOneByte(byte: number, length: number): Buffer {
  const chunk = flushed(Buffer.alloc(CHUNK, byte));
  const rest = flushed(Buffer.alloc(length % CHUNK, byte));
  const whole = Array.from({ length: Math.floor(length / CHUNK) }, () => chunk);
  return Buffer.concat([Buffer.from([0x78, 0x9c]), ...whole, rest, EMPTY_LAST_BLOCK, adler32(byte, length)]);
}

/** A full flush leaves no reference to earlier bytes, so that such pieces may stand in any order and number. */
function flushed(bytes: Buffer): Buffer {
  return deflateRawSync(bytes, { level: 9, finishFlush: constants.Z_FULL_FLUSH });
}

const EMPTY_LAST_BLOCK = Buffer.from([0x03, 0x00]);

/** RFC 1950's checksum in closed form: a = 1 + n*c, b = n + c*n*(n+1)/2. */
function adler32(byte: number, length: number): Buffer {
  const n = BigInt(length);
  const c = BigInt(byte);
  const modulus = BigInt(ADLER);
  const a = (1n + n * c) % modulus;
  const b = (n + (c * n * (n + 1n)) / 2n) % modulus;
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(Number((b << 16n) | a));
  return sum;
}
