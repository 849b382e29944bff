import { decode, isBlurhashValid } from 'blurhash';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { makeBlurhash } from './blurhash.ts';
import { makePalette } from './palette.ts';
import { render } from './render.ts';
import { samplePath } from './testing/pictures.ts';
import { planOf, temporaryFolder } from './testing/plans.ts';
import { animated, drawnRaster, photoRaster, plainRaster, rasterOf } from './testing/rasters.ts';

/** Bars of these colours, of these widths. */
function bars(...list: readonly (readonly [width: number, rgb: readonly number[]])[]) {
  const columns = list.flatMap(([width, rgb]) => Array(width).fill(rgb) as number[][]);
  return drawnRaster(columns.length, 20, (x) => columns[x] ?? []);
}

describe('palette', () => {
  test('the colours of bars, the widest first, with their shares', async () => {
    const flag = bars([32, [200, 30, 40]], [16, [20, 160, 60]], [16, [30, 60, 200]]);
    const { colors } = await makePalette(flag, 3);
    expect(colors.map(({ hex }) => hex)).toEqual(['#c81e28', '#14a03c', '#1e3cc8']);
    expect(colors.map(({ share }) => share)).toEqual([0.5, 0.25, 0.25]);
  });

  test('as many as asked, or as there are', async () => {
    const photo = await rasterOf(sharp(samplePath('coffee.png')));
    for (const most of [0, 1, 2, 6, 16]) expect((await makePalette(photo, most)).colors).toHaveLength(most);
    const { colors } = await makePalette(await plainRaster(30, 30, '#4080c0'), 16);
    expect(colors).toEqual([{ hex: '#4080c0', share: 1 }]);
  });

  test('shades that look the same are one colour', async () => {
    const near = bars([30, [100, 100, 100]], [30, [103, 101, 99]]);
    expect((await makePalette(near, 4)).colors).toHaveLength(1);
  });

  test('what cannot be seen does not count', async () => {
    const half = drawnRaster(40, 20, (x) => (x < 30 ? [255, 0, 0, 0] : [0, 0, 255, 255]));
    expect((await makePalette(half, 4)).colors[0]).toMatchObject({ hex: '#0000ff' });
    const { colors, averageLuminance } = await makePalette(await plainRaster(9, 9, '#ff000000'), 4);
    expect({ colors, averageLuminance }).toEqual({ colors: [], averageLuminance: 0 });
  });

  test('average luminance from black to white', async () => {
    const luminance = async (color: string) =>
      (await makePalette(await plainRaster(9, 9, color), 0)).averageLuminance;
    expect([await luminance('#000000'), await luminance('#808080'), await luminance('#ffffff')]).toEqual([
      0, 0.502, 1,
    ]);
  });
});

describe('blurhash', () => {
  test('decodes to the colours of the picture where they are', async () => {
    const hash = await makeBlurhash(bars([30, [200, 30, 40]], [30, [30, 60, 200]]));
    expect(isBlurhashValid(hash)).toEqual({ result: true });
    const pixels = decode(hash, 30, 10);
    const at = (x: number) => [...pixels.subarray((5 * 30 + x) * 4, (5 * 30 + x) * 4 + 3)];
    const [left, right] = [at(3), at(27)];
    expect(left[0]).toBeGreaterThan(150);
    expect(left[2]).toBeLessThan(90);
    expect(right[2]).toBeGreaterThan(150);
    expect(right[0]).toBeLessThan(90);
  });

  test('four waves along the longer side, three along the shorter', async () => {
    const [wide, high] = [
      await makeBlurhash(await photoRaster()),
      await makeBlurhash(await plainRaster(30, 60, '#102030')),
    ];
    // the first of 83 digits holds (waves across - 1) + 9 (waves down - 1)
    expect([wide[0], high[0]]).toEqual(['L', 'T']);
  });

  test('what is transparent is white', async () => {
    const hash = await makeBlurhash(await plainRaster(20, 20, '#00000000'));
    expect(hash).toBe(await makeBlurhash(await plainRaster(20, 20, '#ffffff')));
  });
});

test('a plan asks for them, of a frame without an output too, and of the first page of an animation', async () => {
  const plan = {
    ...planOf(samplePath('chelsea.png'), [
      { id: 'small', from: { decode: 'first' as const }, operations: [], outputs: [] },
    ]),
    blurhashFrom: 'small',
    paletteFrom: { frame: 'small', colors: 5 },
  };
  const rendered = await render(plan, await temporaryFolder());
  expect(isBlurhashValid(rendered.blurhash ?? '')).toEqual({ result: true });
  expect(rendered.palette?.colors).toHaveLength(5);
  expect(rendered.outputs).toEqual([]);
  const moving = animated(await plainRaster(20, 20, '#ff0000'), await plainRaster(20, 20, '#00ff00'));
  expect((await makePalette(moving, 4)).colors).toEqual([{ hex: '#ff0000', share: 1 }]);
  expect(await makeBlurhash(moving)).toBe(await makeBlurhash(await plainRaster(20, 20, '#ff0000')));
});
