import sharp from 'sharp';
import { expect, test } from 'vitest';
import { frames, samplePath } from './testing/pictures.ts';
import { webpSize } from './webp-size.ts';

const photo = () => sharp(samplePath('rocket.jpg')).resize(301, 97, { fit: 'fill' });

test.each<[string, string, () => Promise<Buffer>]>([
  ['lossy', 'VP8 ', () => photo().webp().toBuffer()],
  ['lossless', 'VP8L', () => photo().webp({ lossless: true }).toBuffer()],
  ['with alpha', 'VP8X', () => photo().ensureAlpha(0.5).webp().toBuffer()],
  ['with a profile', 'VP8X', () => photo().keepIccProfile().withIccProfile('srgb').webp().toBuffer()],
])('reads the size of a picture that is %s', async (_, chunk, make) => {
  const file = await make();
  expect(file.toString('latin1', 12, 16)).toBe(chunk);
  expect(webpSize(file.subarray(0, 64))).toEqual({ width: 301, height: 97 });
});

test('reads the size of one frame of an animation', async () => {
  const file = await (await frames(40, 24, ['#ff0000', '#00ff00'])).webp({ loop: 0 }).toBuffer();
  expect(webpSize(file)).toEqual({ width: 40, height: 24 });
});

test.each([
  ['cut short', Buffer.from('RIFF\x1e\0\0\0WEBPVP8L', 'latin1')],
  ['of a kind that nobody knows', Buffer.from('RIFF\x1e\0\0\0WEBPVP9Z'.padEnd(64, '\0'), 'latin1')],
])('says nothing of a file that is %s', (_, head) => {
  expect(webpSize(head)).toBeUndefined();
});
