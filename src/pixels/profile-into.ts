import { crc32, deflateSync } from 'node:zlib';
import type { Size } from './picture.ts';

/** Formats that a profile can be put into once they are encoded. */
export type Profiled = 'jpeg' | 'webp' | 'png';

/**
 * Puts a colour profile into a picture that has just been encoded without one. sharp can do it only by sending every
 * pixel through a colour transform.
 *
 * @param size of one page, pixels
 */
export function withProfileIn(bytes: Buffer, format: Profiled, size: Size, profile: Buffer): Buffer {
  return into[format](bytes, profile, size);
}

const into: Readonly<Record<Profiled, (bytes: Buffer, profile: Buffer, size: Size) => Buffer>> = {
  jpeg: intoJpeg,
  webp: intoWebp,
  png: intoPng,
};

const JPEG_HEADING = 'ICC_PROFILE\0';
/** What a segment holds after its length, its heading and the two numbers that follow it, bytes. */
const JPEG_SEGMENT = 65_535 - 2 - JPEG_HEADING.length - 2;

/** ICC.1:2022, annex B.4: APP2 segments, after the JFIF and EXIF ones that must come first. */
function intoJpeg(bytes: Buffer, profile: Buffer): Buffer {
  let at = 2;
  while (bytes[at] === 0xff && (bytes[at + 1] === 0xe0 || bytes[at + 1] === 0xe1)) {
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  const count = Math.ceil(profile.length / JPEG_SEGMENT);
  const segments = Array.from({ length: count }, (_, index) => {
    const part = profile.subarray(index * JPEG_SEGMENT, (index + 1) * JPEG_SEGMENT);
    const heading = Buffer.from(`\xff\xe2\0\0${JPEG_HEADING}\0\0`, 'latin1');
    heading.writeUInt16BE(heading.length - 2 + part.length, 2);
    heading.writeUInt8(index + 1, heading.length - 2);
    heading.writeUInt8(count, heading.length - 1);
    return Buffer.concat([heading, part]);
  });
  return Buffer.concat([bytes.subarray(0, at), ...segments, bytes.subarray(at)]);
}

/** PNG (third edition), 11.3.2.3: an iCCP chunk, right after the header. */
function intoPng(bytes: Buffer, profile: Buffer): Buffer {
  const afterHeader = 8 + 25;
  const data = Buffer.concat([Buffer.from('icc\0\0', 'latin1'), deflateSync(profile)]);
  const body = Buffer.concat([Buffer.from('iCCP', 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([bytes.subarray(0, afterHeader), length, body, check, bytes.subarray(afterHeader)]);
}

const WEBP_HEADER = 12;
const HAS_PROFILE = 0x20;
const HAS_ALPHA = 0x10;

/** WebP container specification, "Extended file format": VP8X first, ICCP right after it. */
function intoWebp(bytes: Buffer, profile: Buffer, size: Size): Buffer {
  const isExtended = bytes.toString('latin1', WEBP_HEADER, WEBP_HEADER + 4) === 'VP8X';
  const rest = bytes.subarray(WEBP_HEADER + (isExtended ? 18 : 0));
  const extended = isExtended
    ? Buffer.from(bytes.subarray(WEBP_HEADER, WEBP_HEADER + 18))
    : extendedHeader(size, hasAlpha(bytes));
  extended[8] = (extended[8] ?? 0) | HAS_PROFILE;
  const padding = Buffer.alloc(profile.length % 2);
  const body = Buffer.concat([extended, chunkHeader('ICCP', profile.length), profile, padding, rest]);
  return Buffer.concat([chunkHeader('RIFF', body.length + 4), Buffer.from('WEBP'), body]);
}

function extendedHeader({ width, height }: Size, alpha: boolean): Buffer {
  const chunk = Buffer.concat([chunkHeader('VP8X', 10), Buffer.alloc(10)]);
  chunk[8] = alpha ? HAS_ALPHA : 0;
  chunk.writeUIntLE(width - 1, 12, 3);
  chunk.writeUIntLE(height - 1, 15, 3);
  return chunk;
}

/** A lossless bitstream tells in its header; a lossy one in a simple file has no alpha. */
function hasAlpha(bytes: Buffer): boolean {
  const isLossless = bytes.toString('latin1', WEBP_HEADER, WEBP_HEADER + 4) === 'VP8L';
  return isLossless && (bytes.readUInt32LE(WEBP_HEADER + 9) & (1 << 28)) !== 0;
}

function chunkHeader(name: string, length: number): Buffer {
  const header = Buffer.from(`${name}\0\0\0\0`, 'latin1');
  header.writeUInt32LE(length, 4);
  return header;
}
