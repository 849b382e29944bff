import { describe, expect, test } from 'vitest';
import { pixelAt } from '../testing/compare.ts';
import { changed, meanOf, photoRaster, plainRaster, translucentRaster } from '../testing/rasters.ts';

describe('round', () => {
  test('corners become transparent, each by its radius, the rest is the picture', async () => {
    const photo = await photoRaster();
    const made = await changed(photo, { op: 'round', radii: [20, 0, 10, 0] });
    const corners = [
      [0, 0],
      [89, 0],
      [89, 59],
      [0, 59],
    ].map(([x = 0, y = 0]) => pixelAt(made, x, y)[3]);
    expect(corners).toEqual([0, 255, 0, 255]);
    expect(pixelAt(made, 45, 30)).toEqual([...pixelAt(photo, 45, 30), 255]);
    expect(pixelAt(made, 6, 6)).toEqual([...pixelAt(photo, 6, 6), 255]);
  });

  test('an ellipse touches the middle of each edge', async () => {
    const made = await changed(await plainRaster(90, 60, '#ff0000'), { op: 'round', radii: 'ellipse' });
    for (const [x, y] of [
      [45, 1],
      [45, 58],
      [1, 30],
      [88, 30],
    ] as const) {
      expect(pixelAt(made, x, y)[3]).toBeGreaterThan(200);
    }
    expect(pixelAt(made, 8, 6)[3]).toBe(0);
    expect(meanOf(made, 3) / 255).toBeCloseTo(Math.PI / 4, 2);
  });

  test('what was translucent stays so', async () => {
    const made = await changed(await translucentRaster(), { op: 'round', radii: [20, 20, 20, 20] });
    expect(pixelAt(made, 45, 30)[3]).toBe(127);
    expect(pixelAt(made, 0, 0)[3]).toBe(0);
  });
});

describe('border', () => {
  const EDGES = { top: 2, right: 4, bottom: 6, left: 8 };

  test('in its colour inside the edges, each as wide as asked; the picture within stays, and so does the size', async () => {
    const photo = await photoRaster();
    const made = await changed(photo, { op: 'border', edges: EDGES, color: '#dc143c' });
    expect([made.width, made.height, made.channels]).toEqual([90, 60, 3]);
    const isBorder = (x: number, y: number) => x < 8 || x >= 86 || y < 2 || y >= 54;
    for (let y = 0; y < 60; y += 1) {
      for (let x = 0; x < 90; x += 1) {
        expect(pixelAt(made, x, y)).toEqual(isBorder(x, y) ? [220, 20, 60] : pixelAt(photo, x, y));
      }
    }
  });

  test('a translucent colour lets the picture through', async () => {
    const made = await changed(await plainRaster(20, 20, '#0000ff'), {
      op: 'border',
      edges: EDGES,
      color: '#ff000080',
    });
    expect(pixelAt(made, 0, 0)).toEqual([128, 0, 127]);
  });

  test('is opaque over a translucent picture', async () => {
    const made = await changed(await translucentRaster(), { op: 'border', edges: EDGES, color: '#dc143c' });
    expect(pixelAt(made, 0, 0)).toEqual([220, 20, 60, 255]);
    expect(pixelAt(made, 45, 30)[3]).toBe(127);
  });

  test('with radii it is round outside and inside, and transparent beyond', async () => {
    const edges = { top: 8, right: 8, bottom: 8, left: 8 };
    const made = await changed(await plainRaster(90, 60, '#0000ff'), {
      op: 'border',
      edges,
      color: '#ff0000',
      radii: [20, 20, 20, 20],
    });
    expect(pixelAt(made, 0, 0)[3]).toBe(0);
    expect(pixelAt(made, 45, 3)).toEqual([255, 0, 0, 255]);
    expect(pixelAt(made, 45, 30)).toEqual([0, 0, 255, 255]);
    // just inside where the straight edges would meet: the inner corner is round by 12
    expect(pixelAt(made, 9, 9)).toEqual([255, 0, 0, 255]);
    expect(pixelAt(made, 12, 12)).toEqual([0, 0, 255, 255]);
  });

  test('edges that meet leave nothing of the picture', async () => {
    const edges = { top: 40, right: 0, bottom: 40, left: 0 };
    const made = await changed(await photoRaster(), { op: 'border', edges, color: '#dc143c' });
    expect([0, 1, 2].map((channel) => meanOf(made, channel))).toEqual([220, 20, 60]);
  });
});
