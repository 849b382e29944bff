import sharp, { type Sharp } from 'sharp';
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA } from 'thumbhash';
import { expect, test } from 'vitest';
import { dominantColour, makePlaceholder } from './placeholder.ts';
import { toRaster } from './raster.ts';
import { plain, samplePath } from './testing/pictures.ts';

const placeholderOf = async (pipeline: Sharp) =>
  makePlaceholder(await toRaster(pipeline, { orientation: 1 }));
const hashOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

test('a photograph: a hash of its colours and proportions', async () => {
  const made = await placeholderOf(sharp(samplePath('coffee.png')));
  expect(made.aspect_ratio).toBe(1.5);
  const hash = hashOf(made.thumbhash);
  expect(hash.length).toBeLessThan(30);
  expect(thumbHashToApproximateAspectRatio(hash)).toBeCloseTo(1.5, 0);
  const { r, g, b } = thumbHashToAverageRGBA(hash);
  const [red = 0, green = 0, blue = 0] = await sharp(samplePath('coffee.png')).resize(1, 1).raw().toBuffer();
  expect(Math.abs(r * 255 - red) + Math.abs(g * 255 - green) + Math.abs(b * 255 - blue)).toBeLessThan(60);
});

test.each([
  ['one pixel', 1, 1, 1],
  ['a line', 2000, 1, 2000],
  ['a column', 1, 2000, 0.0005],
])('%s has a placeholder', async (_, width, height, ratio) => {
  const made = await placeholderOf(plain(width, height, '#204060'));
  expect(made).toMatchObject({ dominant_color: '#204060', aspect_ratio: ratio });
  expect(made.thumbhash).not.toBe('');
});

test('transparency is in the hash', async () => {
  const hash = hashOf((await placeholderOf(plain(20, 20, '#ff000080', 4))).thumbhash);
  expect(thumbHashToAverageRGBA(hash).a).toBeCloseTo(0.5, 1);
});

const rgba = (...pixels: number[][]) => Uint8Array.from(pixels.flat());
test.each<[string, string, Uint8Array]>([
  ['the one that most pixels have', '#ff0000', rgba([255, 0, 0, 255], [255, 0, 0, 255], [0, 0, 255, 255])],
  ['the mean of its shades', '#f80000', rgba([250, 0, 0, 255], [246, 0, 0, 255], [0, 255, 0, 255])],
  ['not one that is invisible', '#0000ff', rgba([255, 0, 0, 0], [255, 0, 0, 10], [0, 0, 255, 255])],
  ['black for nothing at all', '#000000', rgba([255, 0, 0, 0])],
])('the dominant colour is %s', (_, expected, pixels) => {
  expect(dominantColour(pixels)).toBe(expected);
});
