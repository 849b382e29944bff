import sharp from 'sharp';
import type { Size } from './picture.ts';

/**
 * Puts the sRGB profile into a JPEG or WebP that has just been encoded. sharp can do it only by sending every pixel
 * through a colour transform from sRGB to sRGB, which took 8 % of the time of the default pipeline.
 */
export async function withSrgbProfile(bytes: Buffer, format: 'jpeg' | 'webp', size: Size): Promise<Buffer> {
  const profile = await srgbProfile();
  return format === 'jpeg' ? intoJpeg(bytes, profile) : intoWebp(bytes, profile, size);
}

let known: Promise<Buffer> | undefined;

/** The profile that libvips itself embeds: 480 bytes. */
function srgbProfile(): Promise<Buffer> {
  known ??= makeProfile();
  return known;
}

async function makeProfile(): Promise<Buffer> {
  const pixel = sharp({ create: { width: 1, height: 1, channels: 3, background: '#000000' } });
  const { icc } = await sharp(await pixel.withIccProfile('srgb').png().toBuffer()).metadata();
  if (!icc) throw new Error('libvips came without its sRGB profile');
  return icc;
}

/** ICC.1:2022, annex B.4: an APP2 segment, after the JFIF and EXIF ones that must come first. */
function intoJpeg(bytes: Buffer, profile: Buffer): Buffer {
  let at = 2;
  while (bytes[at] === 0xff && (bytes[at + 1] === 0xe0 || bytes[at + 1] === 0xe1)) {
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  const heading = Buffer.from('\xff\xe2\0\0ICC_PROFILE\0\x01\x01', 'latin1');
  heading.writeUInt16BE(heading.length - 2 + profile.length, 2);
  return Buffer.concat([bytes.subarray(0, at), heading, profile, bytes.subarray(at)]);
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
