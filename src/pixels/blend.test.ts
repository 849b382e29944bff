import { expect, test } from 'vitest';
import { blend, fade } from './blend.ts';
import type { Raster } from './raster.ts';

function raster(width: number, height: number, pixel: readonly number[]): Raster {
  const data = Buffer.from(Array.from({ length: width * height }, () => pixel).flat());
  return { data, width, height, channels: pixel.length as 3 | 4, pages: 1, orientation: 1 };
}
const pixels = ({ data, channels }: Raster) =>
  Array.from({ length: data.length / channels }, (_, index) =>
    [...data.subarray(index * channels, (index + 1) * channels)].join(),
  );

test.each<[string, number[], number[], string]>([
  ['opaque over opaque', [10, 20, 30], [200, 100, 50, 255], '200,100,50'],
  ['half over opaque', [0, 0, 0], [200, 100, 50, 128], '100,50,25'],
  ['nothing over opaque', [10, 20, 30], [200, 100, 50, 0], '10,20,30'],
  ['half over nothing', [9, 9, 9, 0], [200, 100, 50, 128], '200,100,50,128'],
  ['half over half', [0, 0, 0, 128], [255, 255, 255, 128], '170,170,170,192'],
  ['opaque over half', [0, 0, 0, 128], [200, 100, 50, 255], '200,100,50,255'],
])('%s', (_, below, above, expected) => {
  const picture = raster(1, 1, below);
  blend(picture, raster(1, 1, above), { left: 0, top: 0 });
  expect(pixels(picture)).toEqual([expected]);
});

test.each<[string, { left: number; top: number }, string]>([
  ['inside', { left: 1, top: 1 }, '....\n.##.\n.##.\n....'],
  ['over the left edge', { left: -1, top: 1 }, '....\n#...\n#...\n....'],
  ['over the right edge', { left: 3, top: 1 }, '....\n...#\n...#\n....'],
  ['over the top', { left: 1, top: -1 }, '.##.\n....\n....\n....'],
  ['over the bottom', { left: 1, top: 3 }, '....\n....\n....\n.##.'],
  ['outside', { left: 9, top: -9 }, '....\n....\n....\n....'],
])('what lies outside is left off: %s', (_, place, expected) => {
  const picture = raster(4, 4, [0, 0, 0]);
  blend(picture, raster(2, 2, [255, 255, 255, 255]), place);
  const drawn = pixels(picture).map((pixel) => (pixel === '0,0,0' ? '.' : '#'));
  expect([0, 4, 8, 12].map((at) => drawn.slice(at, at + 4).join('')).join('\n')).toBe(expected);
});

test('fading leaves the mark itself alone', () => {
  const mark = raster(1, 1, [1, 2, 3, 200]);
  expect(pixels(fade(mark, 0.25))).toEqual(['1,2,3,50']);
  expect(pixels(mark)).toEqual(['1,2,3,200']);
});
