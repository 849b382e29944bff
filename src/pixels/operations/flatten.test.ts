import { expect, test } from 'vitest';
import { pixelAt } from '../testing/compare.ts';
import { changed, plainRaster } from '../testing/rasters.ts';

test('an opaque colour is seen through half a picture by half, and nothing is transparent then', async () => {
  const made = await changed(await plainRaster(4, 4, '#ff000080'), {
    op: 'flatten',
    background: '#0000ff',
  });
  const [red = 0, green, blue = 0, ...alpha] = pixelAt(made, 1, 1);
  expect(Math.abs(red - 128)).toBeLessThanOrEqual(1);
  expect(green).toBe(0);
  expect(Math.abs(blue - 127)).toBeLessThanOrEqual(1);
  expect(alpha).toEqual([]);
});

test('a translucent colour leaves the sum of both', async () => {
  const made = await changed(await plainRaster(4, 4, '#ff000080'), {
    op: 'flatten',
    background: '#0000ff80',
  });
  // 0.5 of red over 0.25 of blue
  expect(pixelAt(made, 1, 1)).toEqual([170, 0, 85, 192]);
  const clear = await changed(await plainRaster(4, 4, '#00000000'), {
    op: 'flatten',
    background: '#0000ff80',
  });
  expect(pixelAt(clear, 1, 1)).toEqual([0, 0, 255, 128]);
});
