import { describe, expect, test } from 'vitest';
import { largestDifference, pixelAt } from '../testing/compare.ts';
import { changed, drawnRaster, photoRaster, plainRaster, sizeText } from '../testing/rasters.ts';

describe('straighten', () => {
  test.each([0.5, 3, 17, 44.9, 45, 60, 89, 91, 133, 200, 271, 359])(
    '%d degrees leave no empty corner',
    async (angle) => {
      for (const [width, height] of [
        [120, 80],
        [80, 120],
        [100, 100],
        [200, 9],
      ] as const) {
        const made = await changed(await plainRaster(width, height, '#ffffff'), { op: 'straighten', angle });
        expect(Math.min(...made.data)).toBe(255);
      }
    },
  );

  test('turns clockwise around the middle', async () => {
    // a dot above the middle wanders to the right
    const dot = drawnRaster(101, 101, (x, y) => (Math.hypot(x - 50, y - 25) < 5 ? [255, 0, 0] : [0, 0, 0]));
    const made = await changed(dot, { op: 'straighten', angle: 30 });
    const middle = (made.width - 1) / 2;
    const [x, y] = [middle + 25 * Math.sin(Math.PI / 6), middle - 25 * Math.cos(Math.PI / 6)];
    expect(pixelAt(made, Math.round(x), Math.round(y))[0]).toBeGreaterThan(200);
    expect(pixelAt(made, Math.round(middle - 12.5), Math.round(y))[0]).toBe(0);
  });

  test.each([
    [90, '60x90'],
    [180, '90x60'],
    [270, '60x90'],
  ])('%d degrees cut nothing off', async (angle, size) => {
    const photo = await photoRaster();
    const made = await changed(photo, { op: 'straighten', angle });
    const turned = await changed(photo, { op: 'rotate', angle, background: '#000000' });
    expect(sizeText(made)).toBe(size);
    expect(largestDifference(made.data, turned.data)).toBe(0);
  });
});
