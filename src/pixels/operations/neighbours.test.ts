import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Raster } from '../raster.ts';
import { largestDifference, meanDifference, pixelAt } from '../testing/compare.ts';
import { asPipeline, samplePath } from '../testing/pictures.ts';
import {
  changed,
  drawnRaster,
  meanOf,
  photoRaster,
  rasterOf,
  translucentRaster,
} from '../testing/rasters.ts';

describe('pixelate', () => {
  test('squares from the top left on, each of the mean of what lay there; those at the edges are cut', async () => {
    const photo = await photoRaster();
    const made = await changed(photo, { op: 'pixelate', size: 8 });
    for (const [left, top, width, height] of [
      [0, 0, 8, 8],
      [16, 40, 8, 8],
      [88, 56, 2, 4],
    ] as const) {
      const square = await changed(photo, { op: 'extract', left, top, width, height });
      const mean = [0, 1, 2].map((channel) => Math.round(meanOf(square, channel)));
      expect(pixelAt(made, left, top)).toEqual(mean);
      expect(pixelAt(made, left + width - 1, top + height - 1)).toEqual(mean);
    }
  });

  test('what cannot be seen has no say in the colour', async () => {
    const made = await changed(
      drawnRaster(2, 2, (x) => (x === 0 ? [0, 255, 0, 0] : [255, 0, 0, 255])),
      { op: 'pixelate', size: 2 },
    );
    expect(pixelAt(made, 0, 0)).toEqual([255, 0, 0, 128]);
  });

  test('a square larger than the picture is one colour', async () => {
    const made = await changed(await photoRaster(), { op: 'pixelate', size: 500 });
    expect(new Set(made.data).size).toBeLessThanOrEqual(3);
  });
});

/** How much neighbours differ. */
function roughness({ data, channels }: Raster): number {
  let sum = 0;
  for (let at = channels; at < data.length; at += 1)
    sum += Math.abs((data[at] ?? 0) - (data[at - channels] ?? 0));
  return sum / data.length;
}

describe('unsharp', () => {
  test('sharpens above 0, softens below, the more the further', async () => {
    const photo = await photoRaster();
    const roughnesses: number[] = [];
    for (const amount of [-100, -40, 0, 40, 100]) {
      roughnesses.push(roughness(await changed(photo, { op: 'unsharp', amount, radius: 2.5 })));
    }
    for (let at = 1; at < roughnesses.length; at += 1) {
      expect(roughnesses[at]).toBeGreaterThan((roughnesses[at - 1] ?? 0) * 1.1);
    }
  });

  test('at -100 it is the blur of that radius', async () => {
    const photo = await photoRaster();
    const soft = await changed(photo, { op: 'unsharp', amount: -100, radius: 3 });
    const blurred = await changed(photo, { op: 'blur', sigma: 3 });
    expect(largestDifference(soft.data, blurred.data)).toBe(0);
  });

  test('an edge gets a rim on both sides, what is flat stays', async () => {
    const edge = drawnRaster(60, 9, (x) => (x < 30 ? [100, 100, 100] : [150, 150, 150]));
    const made = await changed(edge, { op: 'unsharp', amount: 100, radius: 2 });
    expect(pixelAt(made, 29, 4)[0]).toBeLessThan(90);
    expect(pixelAt(made, 30, 4)[0]).toBeGreaterThan(160);
    expect(pixelAt(made, 5, 4)).toEqual([100, 100, 100]);
  });

  test('colours of invisible pixels do not come in', async () => {
    const made = await changed(
      drawnRaster(40, 9, (x) => (x < 20 ? [0, 0, 0, 0] : [200, 200, 200, 255])),
      { op: 'unsharp', amount: 100, radius: 3 },
    );
    expect(Math.abs((pixelAt(made, 21, 4)[0] ?? 0) - 200)).toBeLessThanOrEqual(3);
  });
});

describe('blur', () => {
  test('a wide one looks like what libvips makes of it, at full size', async () => {
    const photo = await rasterOf(sharp(samplePath('chelsea.png')));
    const made = await changed(photo, { op: 'blur', sigma: 45 });
    const whole = await asPipeline(photo).blur(45).raw().toBuffer();
    expect(meanDifference(made.data, whole)).toBeLessThan(2);
    expect(largestDifference(made.data, whole)).toBeLessThan(12);
  });

  test('the widest leaves one colour, of a small picture too', async () => {
    for (const picture of [await photoRaster(), await translucentRaster()]) {
      const made = await changed(picture, { op: 'blur', sigma: 2000 });
      expect(made.data.length).toBe(picture.data.length);
      expect(roughness(made)).toBeLessThan(0.5);
      expect(Math.abs(meanOf(made, 0) - meanOf(picture, 0))).toBeLessThan(12);
    }
  });
});
