import { describe, expect, test } from 'vitest';
import { channelsAfter } from '../operation-cost.ts';
import { sizeOf } from '../raster.ts';
import type { Operation } from '../render-plan.ts';
import { sizeAfter } from '../sizes.ts';
import { largestDifference } from '../testing/compare.ts';
import { samplePath } from '../testing/pictures.ts';
import { type Bare, operations } from '../testing/plans.ts';
import {
  animated,
  changed,
  pagesOf,
  photoRaster,
  plainRaster,
  translucentRaster,
} from '../testing/rasters.ts';

const SPEC = {
  width: 40,
  height: 40,
  keep: { x: 0.5, y: 0.5, zoom: 1 },
  fill: { color: '#ff0000' },
  padding: { across: 0, down: 0 },
} as const;
const EDGES = { top: 1, right: 2, bottom: 3, left: 4 };
const MARK = {
  op: 'place',
  path: samplePath('coffee.png'),
  align: { x: 'right', y: 'bottom' },
  width: { px: 20 },
  fit: 'clip',
  alpha: 1,
  angle: 0,
  pad: 2,
} as const;
const TEXT = {
  op: 'write',
  text: 'Hello',
  font: 'Inter SemiBold',
  size: 12,
  color: '#ffffff',
  align: { x: 'left', y: 'top' },
  pad: 2,
  shrinkToFit: false,
  shadow: 0,
} as const;

const all: readonly Bare[] = [
  { op: 'sized', size: { ...SPEC, fit: 'crop' } },
  { op: 'sized', size: { ...SPEC, fit: 'fill' } },
  { op: 'sized', size: { ...SPEC, fit: 'fill', fill: { color: '#ff000080' } } },
  { op: 'straighten', angle: 10 },
  { op: 'straighten', angle: 90 },
  { op: 'canvas', width: 100, height: 80, left: 4, top: 8, fill: 'blur' },
  { op: 'canvas', width: 100, height: 80, left: 4, top: 8, fill: 'clamp' },
  { op: 'canvas', width: 100, height: 80, left: 4, top: 8, fill: { color: '#00ff00' } },
  { op: 'pad', edges: EDGES, fill: { color: '#00000000' } },
  { op: 'flatten', background: '#00ff00' },
  { op: 'flatten', background: '#00ff0080' },
  { op: 'adjust', bri: 20, con: 20, sat: 20, vib: 20, hue: 20, invert: true },
  { op: 'sepia', amount: 80 },
  { op: 'monochrome', color: '#44768b' },
  { op: 'duotone', dark: '#000080', light: '#fa8072' },
  { op: 'pixelate', size: 8 },
  { op: 'unsharp', amount: 80, radius: 2.5 },
  { op: 'round', radii: [9, 9, 9, 9] },
  { op: 'round', radii: 'ellipse' },
  { op: 'border', edges: EDGES, color: '#dc143c' },
  { op: 'border', edges: EDGES, color: '#dc143c', radii: [9, 9, 9, 9] },
  MARK,
  { ...MARK, tile: 'grid', angle: 20 },
  TEXT,
  { ...TEXT, shadow: 8, shrinkToFit: true },
];
const table = operations(...all).map((operation, at) => [`${operation.op} (${at})`, operation] as const);

const bare = ({ step: _, ...operation }: Operation) => operation as Bare;

describe.each(table)('%s', (_, operation) => {
  test('leaves the picture that it works on as it was', async () => {
    const picture = await translucentRaster();
    const copy = Buffer.from(picture.data);
    await changed(picture, bare(operation));
    expect(largestDifference(picture.data, copy)).toBe(0);
  });

  test('has the size and the channels that were worked out before', async () => {
    for (const picture of [await photoRaster(), await translucentRaster()]) {
      const made = await changed(picture, bare(operation));
      expect(sizeOf(made)).toEqual(sizeAfter(sizeOf(picture), operation, 1));
      expect(made.channels).toBe(channelsAfter(picture.channels, operation));
      expect(made.data.length).toBe(made.width * made.height * made.channels);
    }
  });

  test('does to each page of an animation what it does to a still', async () => {
    const [first, second] = [await photoRaster(), await plainRaster(90, 60, '#405060')];
    const made = await changed(animated(first, second), bare(operation));
    expect(made).toMatchObject({ pages: 2, animation: { delays: [100, 100] } });
    for (const [index, page] of pagesOf(made).entries()) {
      const still = await changed(index === 0 ? first : second, bare(operation));
      expect(largestDifference(page.data, still.data)).toBe(0);
    }
  });

  test('bears a single pixel', async () => {
    const made = await changed(await plainRaster(1, 1, '#204060'), bare(operation));
    expect(Math.min(made.width, made.height)).toBeGreaterThanOrEqual(1);
  });
});

describe('alpha stays', () => {
  const kept = table.filter(([, { op }]) =>
    ['adjust', 'sepia', 'monochrome', 'duotone', 'pixelate', 'unsharp', 'straighten', 'sized'].includes(op),
  );
  test.each(kept)('%s', async (_, operation) => {
    const made = await changed(await translucentRaster(), bare(operation));
    const middle = ((made.height >> 1) * made.width + (made.width >> 1)) * 4 + 3;
    expect(made.channels).toBe(4);
    expect(made.data[middle]).toBe(127);
  });
});

describe('neutral values change nothing', () => {
  const neutral: readonly Bare[] = [
    { op: 'straighten', angle: 0 },
    { op: 'straighten', angle: 360 },
    { op: 'canvas', width: 90, height: 60, left: 0, top: 0, fill: 'blur' },
    { op: 'pad', edges: { top: 0, right: 0, bottom: 0, left: 0 }, fill: { color: '#ff0000' } },
    { op: 'flatten', background: '#00000000' },
    { op: 'adjust' },
    { op: 'adjust', bri: 0, con: 0, exp: 0, gam: 0, high: 0, shad: 0, sat: 0, vib: 0, hue: 0, invert: false },
    { op: 'adjust', hue: 360 },
    { op: 'sepia', amount: 0 },
    { op: 'monochrome', color: '#ff000000' },
    { op: 'duotone', dark: '#00000000', light: '#ffffff00' },
    { op: 'pixelate', size: 0 },
    { op: 'pixelate', size: 1 },
    { op: 'unsharp', amount: 0, radius: 2.5 },
    { op: 'unsharp', amount: 100, radius: 0.1 },
    { op: 'blur', sigma: 0.1 },
    { op: 'round', radii: [0, 0, 0, 0] },
    { op: 'border', edges: { top: 0, right: 0, bottom: 0, left: 0 }, color: '#ff0000' },
    { op: 'border', edges: { top: 9, right: 9, bottom: 9, left: 9 }, color: '#ff000000' },
    { ...MARK, alpha: 0 },
    { ...TEXT, color: '#ffffff00' },
    { op: 'sized', size: { ...SPEC, fit: 'max', width: 900, height: 900 } },
    { op: 'sized', size: { ...SPEC, fit: 'crop', width: 90, height: 60 } },
  ];
  test.each(neutral.map((operation, at) => [`${operation.op} (${at})`, operation] as const))(
    '%s',
    async (_, operation) => {
      for (const picture of [await photoRaster(), await translucentRaster()]) {
        const made = await changed(picture, operation);
        expect(made.channels).toBe(picture.channels);
        expect(largestDifference(made.data, picture.data)).toBe(0);
      }
    },
  );
});
