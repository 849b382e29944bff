import sharp from 'sharp';
import { expect, it } from 'vitest';
import { avifBomb } from './avif-bomb.ts';
import { hostileFiles } from './bombs.ts';
import { gifOfDots } from './gif-bomb.ts';
import { progressiveJpegBomb } from './jpeg-bomb.ts';
import { flatPng, pngClaiming, pngWithProfileBomb, pngWithTextBomb } from './png-bombs.ts';
import { webpBomb } from './webp-bomb.ts';

// A bomb that no decoder takes for a picture would prove nothing: each is decoded here at a harmless size.
it.each([
  ['AVIF grid', () => avifBomb(1000), { format: 'heif', width: 1000, pages: 1 }],
  ['GIF of dots', () => gifOfDots(100, 30), { format: 'gif', width: 100, pages: 30 }],
  ['progressive JPEG', () => progressiveJpegBomb(1630), { format: 'jpeg', width: 1630, isProgressive: true }],
  ['flat PNG', () => flatPng(1630), { format: 'png', width: 1630 }],
  ['PNG with a text bomb', () => pngWithTextBomb(3_000_000), { format: 'png', width: 64 }],
  ['PNG with a profile bomb', () => pngWithProfileBomb(3_000_000), { format: 'png', width: 64 }],
  ['lossless WebP', () => webpBomb(163), { format: 'webp', width: 163 }],
])('%s decodes without a warning', async (_name, make, expected) => {
  const bytes = await make();
  expect(await sharp(bytes).metadata()).toMatchObject(expected);
  await sharp(bytes, { failOn: 'warning', animated: true }).raw().toBuffer();
});

it.each([
  ['49-megapixel AVIF', () => avifBomb(7000), 7000, 1_500],
  ['265-megapixel JPEG', () => progressiveJpegBomb(16_300), 16_300, 3_100_000],
  ['265-megapixel PNG', () => flatPng(16_300), 16_300, 811_000],
  ['claim of a PNG', () => pngClaiming(16_300), 16_300, 69],
  ['claim of a WebP', () => webpBomb(16_300), 16_300, 38],
])('the header of the %s says its size, and the file is small', async (_name, make, side, atMost) => {
  const bytes = await make();
  expect(await sharp(bytes, { limitInputPixels: false }).metadata()).toMatchObject({
    width: side,
    height: side,
  });
  expect(bytes.length).toBeLessThanOrEqual(atMost);
});

it('makes the same files in every run, each under its own name', async () => {
  const [once, again] = [await hostileFiles(), await hostileFiles()];
  expect(again).toEqual(once);
  expect(new Set(once.map(({ name }) => name)).size).toBe(once.length);
});
