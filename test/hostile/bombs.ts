import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { randomBytes } from '../harness/random.ts';
import { avifBomb } from './avif-bomb.ts';
import { gifOfDots } from './gif-bomb.ts';
import { progressiveJpegBomb } from './jpeg-bomb.ts';
import { htmlWithScript, svgUseBomb, svgWithScript } from './markup.ts';
import { flatPng, pngClaiming, pngWithProfileBomb, pngWithTextBomb } from './png-bombs.ts';
import { webpBomb } from './webp-bomb.ts';

/** A file that must not hurt, and how it must end: `ready`, or the code of the refusal. */
export interface HostileFile {
  readonly name: string;
  readonly attack: string;
  readonly outcome: 'ready' | 'empty_file' | 'unsupported_format' | 'image_too_large' | 'image_corrupt';
  readonly bytes: Buffer;
  /** what the sender claims; the true type where there is none */
  readonly claimedType?: string;
}

/** The side of the pixel floods: 265.7 megapixels, just inside libvips' own limit of 268. */
const FLOOD = 16_300;
const MEGABYTE = 1_000_000;

/** One of each kind, the same bytes in every run; made in about a second, without large allocations. */
export async function hostileFiles(): Promise<HostileFile[]> {
  const photos = await smallPhotos();
  return [...notPictures(), ...(await floods()), ...liars(photos), ...truncated(photos)];
}

function notPictures(): HostileFile[] {
  const outcome = 'unsupported_format';
  return [
    { name: 'empty.jpg', attack: 'nothing to decode', outcome: 'empty_file', bytes: Buffer.alloc(0) },
    { name: 'one-byte.jpg', attack: 'shorter than any header', outcome, bytes: Buffer.from([0xff]) },
    { name: 'random.jpg', attack: 'no format at all', outcome, bytes: randomBytes(1, 20_000) },
    {
      name: 'text.jpg',
      attack: 'the name lies',
      outcome,
      bytes: Buffer.from('just some text\n'.repeat(100)),
    },
    { name: 'page.jpg', attack: 'HTML with script', outcome, bytes: htmlWithScript },
    { name: 'script.svg', attack: 'SVG with script and a file reference', outcome, bytes: svgWithScript },
    { name: 'use-bomb.svg', attack: '10^11 elements out of 3 KB', outcome, bytes: svgUseBomb(11) },
  ];
}

async function floods(): Promise<HostileFile[]> {
  const outcome = 'image_too_large';
  const claim = `claims ${FLOOD} x ${FLOOD}`;
  return [
    { name: 'flood.avif', attack: '49 megapixels out of 0.6 KB', outcome, bytes: await avifBomb(7000) },
    { name: 'flood.jpg', attack: 'progressive, 265 megapixels', outcome, bytes: progressiveJpegBomb(FLOOD) },
    { name: 'flood.png', attack: `${FLOOD} x ${FLOOD}, all there`, outcome, bytes: flatPng(FLOOD) },
    { name: 'claim.png', attack: `69 bytes, ${claim} of 64 bits`, outcome, bytes: pngClaiming(FLOOD) },
    { name: 'flood.webp', attack: `38 bytes, ${claim}`, outcome, bytes: webpBomb(FLOOD) },
    {
      name: 'dots.gif',
      attack: '26,000 frames, 260 megapixels in all: ends as a still',
      outcome: 'ready',
      bytes: gifOfDots(100, 26_000),
    },
    {
      name: 'text-bomb.png',
      attack: 'a text chunk that inflates to 200 MB',
      outcome: 'ready',
      bytes: pngWithTextBomb(200 * MEGABYTE),
    },
    {
      name: 'profile-bomb.png',
      attack: 'a colour profile that inflates to 200 MB',
      outcome: 'ready',
      bytes: pngWithProfileBomb(200 * MEGABYTE),
    },
  ];
}

function liars(photos: Photos): HostileFile[] {
  const lie = 'a good picture under another type';
  return [
    { name: 'jpeg.png', attack: lie, outcome: 'ready', bytes: photos.jpg, claimedType: 'image/png' },
    { name: 'png.jpg', attack: lie, outcome: 'ready', bytes: photos.png, claimedType: 'image/svg+xml' },
    { name: 'webp.html', attack: lie, outcome: 'ready', bytes: photos.webp, claimedType: 'text/html' },
    {
      name: 'head.jpg',
      attack: 'the first bytes of a JPEG, then noise',
      outcome: 'image_corrupt',
      bytes: Buffer.concat([photos.jpg.subarray(0, 64), randomBytes(2, 20_000)]),
    },
    {
      name: 'long.png',
      attack: 'a PNG whose header claims more rows than there are',
      outcome: 'image_corrupt',
      bytes: withMoreRows(photos.png),
    },
  ];
}

function truncated(photos: Photos): HostileFile[] {
  return Object.entries(photos).flatMap(([type, bytes]) =>
    Array.from({ length: 19 }, (_, index) => ({
      name: `cut-${String(index + 1).padStart(2, '0')}-20.${type}`,
      attack: `only ${index + 1} twentieths of a good picture`,
      outcome: 'image_corrupt' as const,
      bytes: bytes.subarray(0, Math.floor((bytes.length * (index + 1)) / 20)),
    })),
  );
}

type Photos = Readonly<Record<'jpg' | 'png' | 'webp' | 'gif' | 'avif', Buffer>>;

/** The same real photograph in every format, small. */
async function smallPhotos(): Promise<Photos> {
  const source = await readFile(fileURLToPath(new URL('../../samples/chelsea.png', import.meta.url)));
  const small = sharp(source).resize(240);
  const [jpg, png, webp, gif, avif] = await Promise.all([
    small.clone().jpeg().toBuffer(),
    small.clone().png().toBuffer(),
    small.clone().webp().toBuffer(),
    small.clone().gif().toBuffer(),
    small.clone().avif({ effort: 0 }).toBuffer(),
  ]);
  return { jpg, png, webp, gif, avif };
}

/** Doubles the height in IHDR and mends its checksum, so that only the missing rows are wrong. */
function withMoreRows(png: Buffer): Buffer {
  const lying = Buffer.from(png);
  lying.writeUInt32BE(png.readUInt32BE(20) * 2, 20);
  lying.writeUInt32BE(crc32(lying.subarray(12, 29)), 29);
  return lying;
}
