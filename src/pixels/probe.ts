import { open } from 'node:fs/promises';
import type { Metadata } from 'sharp';
import { Failure } from '../failures.ts';
import { animationOf } from './decode.ts';
import { formats } from './formats.ts';
import { areaOf, viewedSize } from './geometry.ts';
import { endsProperly } from './gif-end.ts';
import { readHeader } from './load.ts';
import { readMetadata } from './metadata-read.ts';
import type { PictureFormat, Probe, ProbeLimits, Size } from './picture.ts';
import { sharpFailure } from './sharp-failure.ts';
import { SNIFF_BYTES, sniffFormat } from './sniff.ts';
import { webpSize } from './webp-size.ts';

/**
 * The facts of a file's header. Decodes nothing, so it takes milliseconds whatever the file claims to hold.
 *
 * @throws Failure `empty_file`, `unsupported_format` (not one of the allowed formats, by its bytes), `image_too_large`
 *   (pixels of one frame), `image_corrupt` (the header cannot be read, or an animation stops half way)
 */
export async function probe(path: string, limits: ProbeLimits): Promise<Probe> {
  const head = await readHead(path);
  const format = assertAllowed(sniffFormat(head), limits.formats);
  const claimed = format === 'webp' ? webpSize(head) : undefined;
  if (claimed) assertFits(claimed, format, limits);
  const header = await headerOf(path, format);
  const stored = { width: header.width, height: header.pageHeight ?? header.height };
  assertFits(stored, format, limits);
  if (format === 'gif') await assertWhole(path);
  const pages = header.pages ?? 1;
  const isAnimation = formats[format].animation && pages > 1;
  const orientation = header.orientation ?? 1;
  return {
    format,
    stored,
    viewed: viewedSize(stored, orientation),
    orientation,
    pages: isAnimation ? pages : 1,
    ...(isAnimation && { animation: animationOf(header, pages) }),
    hasAlpha: header.hasAlpha,
    isProgressive: header.isProgressive,
    depth: BITS[header.depth] ?? 8,
    space: header.space,
    hasProfile: header.hasProfile,
    metadata: readMetadata(header),
  };
}

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
    if (bytesRead === 0)
      throw new Failure('empty_file', 'The file has no bytes. Check the source, then upload it again.');
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function assertAllowed(format: PictureFormat | undefined, allowed: readonly PictureFormat[]): PictureFormat {
  if (format && allowed.includes(format)) return format;
  const what = format ? `The file is a ${format}` : 'The file is no image that Darkroom reads';
  throw new Failure('unsupported_format', `${what}. Send one of: ${allowed.join(', ')}.`);
}

async function headerOf(path: string, format: PictureFormat): Promise<Metadata> {
  try {
    return await readHeader(path);
  } catch (error) {
    const failure = sharpFailure(error, 'decoding');
    if (failure.code !== 'image_corrupt' && failure.code !== 'unsupported_format') throw failure;
    const message = `The file starts like a ${format}, but its header cannot be read. Upload an intact file.`;
    throw new Failure('image_corrupt', message, { cause: error });
  }
}

/** Attack: a file of a few bytes that claims gigapixels, to fill the memory of whoever decodes it. */
function assertFits(size: Size, format: PictureFormat, limits: ProbeLimits): void {
  const most = limits.megapixelsByFormat[format] ?? limits.megapixels;
  if (areaOf(size) <= most * 1e6) return;
  const megapixels = (areaOf(size) / 1e6).toFixed(1);
  throw new Failure(
    'image_too_large',
    `The image is ${size.width} x ${size.height} pixels, ${megapixels} megapixels; at most ${most} are accepted for ${format}. Scale it down, then upload it again.`,
  );
}

async function assertWhole(path: string): Promise<void> {
  if (await endsProperly(path)) return;
  throw new Failure(
    'image_corrupt',
    'The animation is cut short: it stops before its end. Upload an intact file.',
  );
}

const BITS: Readonly<Record<string, number>> = {
  uchar: 8,
  char: 8,
  ushort: 16,
  short: 16,
  uint: 32,
  int: 32,
  float: 32,
  complex: 64,
  double: 64,
  dpcomplex: 128,
};
