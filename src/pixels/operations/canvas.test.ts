import { describe, expect, test } from 'vitest';
import type { Raster } from '../raster.ts';
import { largestDifference, pixelAt } from '../testing/compare.ts';
import {
  changed,
  drawnRaster,
  meanOf,
  photoRaster,
  plainRaster,
  sizeText,
  translucentRaster,
} from '../testing/rasters.ts';

const GROUND = { op: 'canvas', width: 150, height: 100, left: 10, top: 30 } as const;

const inside = (made: Raster) =>
  changed(made, { op: 'extract', left: GROUND.left, top: GROUND.top, width: 90, height: 60 });

describe.each([
  ['a colour', { color: '#ff8000' }],
  ['itself, blurred', 'blur'],
  ['its edges', 'clamp'],
] as const)('a ground of %s', (_, fill) => {
  test('has its size, and the picture on it as it was', async () => {
    const photo = await photoRaster();
    const made = await changed(photo, { ...GROUND, fill });
    expect(sizeText(made)).toBe('150x100');
    expect(largestDifference((await inside(made)).data, photo.data)).toBe(0);
  });
});

test('a colour is all around the picture', async () => {
  const made = await changed(await photoRaster(), { ...GROUND, fill: { color: '#ff8000' } });
  for (const [x, y] of [
    [0, 0],
    [149, 0],
    [0, 99],
    [149, 99],
    [9, 50],
    [100, 50],
    [50, 29],
    [50, 90],
  ] as const) {
    expect(pixelAt(made, x, y)).toEqual([255, 128, 0]);
  }
});

test('a translucent colour makes room for alpha, and the picture stays opaque', async () => {
  const made = await changed(await photoRaster(), { ...GROUND, fill: { color: '#ff800040' } });
  expect(pixelAt(made, 0, 0)).toEqual([255, 128, 0, 64]);
  expect(pixelAt(made, 50, 60)[3]).toBe(255);
});

test('edge pixels are drawn out in every direction', async () => {
  const photo = await photoRaster();
  const made = await changed(photo, { ...GROUND, fill: 'clamp' });
  expect(pixelAt(made, 40, 5)).toEqual(pixelAt(photo, 30, 0));
  expect(pixelAt(made, 40, 99)).toEqual(pixelAt(photo, 30, 59));
  expect(pixelAt(made, 0, 50)).toEqual(pixelAt(photo, 0, 20));
  expect(pixelAt(made, 149, 50)).toEqual(pixelAt(photo, 89, 20));
  expect(pixelAt(made, 149, 0)).toEqual(pixelAt(photo, 89, 0));
});

test('the blurred ground has the colours of the picture where they are, and no detail', async () => {
  const halves = drawnRaster(90, 60, (x, y) =>
    x < 45 ? [220, (x + y) % 2 === 0 ? 90 : 10, 0] : [0, 0, 220],
  );
  const made = await changed(halves, {
    op: 'canvas',
    width: 90,
    height: 200,
    left: 0,
    top: 70,
    fill: 'blur',
  });
  const [left, right] = [pixelAt(made, 2, 5), pixelAt(made, 87, 5)];
  expect(left[0]).toBeGreaterThan(150);
  expect(right[2]).toBeGreaterThan(150);
  for (let x = 1; x < 90; x += 1) {
    const [before, now] = [pixelAt(made, x - 1, 5), pixelAt(made, x, 5)];
    for (const channel of [0, 1, 2]) {
      expect(Math.abs((now[channel] ?? 0) - (before[channel] ?? 0))).toBeLessThan(20);
    }
  }
});

test('a blurred ground shows through what is translucent', async () => {
  const made = await changed(await translucentRaster(), { ...GROUND, fill: 'blur' });
  const [ground, picture] = [pixelAt(made, 2, 2)[3] ?? 0, pixelAt(made, 50, 60)[3] ?? 0];
  expect(Math.abs(ground - 127)).toBeLessThanOrEqual(1);
  expect(Math.abs(picture - 191)).toBeLessThanOrEqual(1);
});

describe('pad', () => {
  test('adds each edge on its side', async () => {
    const made = await changed(await plainRaster(20, 10, '#0000ff'), {
      op: 'pad',
      edges: { top: 1, right: 2, bottom: 3, left: 4 },
      fill: { color: '#ff0000' },
    });
    expect(sizeText(made)).toBe('26x14');
    const rows = [0, 1, 10, 11].map((y) => pixelAt(made, 10, y)[2]);
    const columns = [3, 4, 23, 24].map((x) => pixelAt(made, x, 5)[2]);
    expect([rows, columns]).toEqual([
      [0, 255, 255, 0],
      [0, 255, 255, 0],
    ]);
  });

  test('a transparent one hides nothing of what is transparent already', async () => {
    const made = await changed(await translucentRaster(), {
      op: 'pad',
      edges: { top: 5, right: 5, bottom: 5, left: 5 },
      fill: { color: '#00000000' },
    });
    expect(pixelAt(made, 0, 0)).toEqual([0, 0, 0, 0]);
    expect(meanOf(made, 3)).toBeCloseTo((127 * 90 * 60) / (100 * 70), 0);
  });
});
