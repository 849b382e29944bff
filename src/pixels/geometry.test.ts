import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  areaOf,
  type Bounds,
  coverBox,
  exactSize,
  fitInside,
  jpegShrink,
  placeInside,
  reducedFor,
  unionOf,
  viewedSize,
} from './geometry.ts';
import { POSITIONS, type Position } from './render-plan.ts';

const size = (text: string) => {
  const [width = 0, height = 0] = text.split('x').map(Number);
  return { width, height };
};
const written = ({ width, height }: { width: number; height: number }) => `${width}x${height}`;
/** `800x` leaves the height to the proportions. */
const bounds = (text: string): Bounds => {
  const { width, height } = size(text);
  return { ...(width && { width }), ...(height && { height }) };
};

describe('fitInside', () => {
  test.each([
    ['4000x3000', '1600x1600', '1600x1200'],
    ['3000x4000', '1600x1600', '1200x1600'],
    ['1600x1600', '1600x1600', '1600x1600'],
    ['451x300', '1600x1600', '451x300'],
    ['4000x3000', '800x', '800x600'],
    ['4000x3000', 'x300', '400x300'],
    ['4000x3000', '800x100', '133x100'],
    ['4000x3000', 'x', '4000x3000'],
    ['16383x1', '256x256', '256x1'],
    ['1x16383', '256x256', '1x256'],
    ['1x1', '256x256', '1x1'],
  ])('%s into %s is %s', (source, box, expected) => {
    expect(written(fitInside(size(source), bounds(box), { enlarge: false }))).toBe(expected);
  });

  test.each([
    ['451x300', '1600x1600', '1600x1064'],
    ['100x50', '800x', '800x400'],
    ['100x50', '50x50', '50x25'],
    ['1x1', '256x128', '128x128'],
  ])('%s enlarged into %s is %s', (source, box, expected) => {
    expect(written(fitInside(size(source), bounds(box), { enlarge: true }))).toBe(expected);
  });

  test('never leaves the box, never enlarges, always has a pixel', () => {
    const side = fc.integer({ min: 1, max: 20_000 });
    fc.assert(
      fc.property(side, side, side, side, (width, height, w, h) => {
        const fitted = fitInside({ width, height }, { width: w, height: h }, { enlarge: false });
        expect(fitted.width).toBeGreaterThanOrEqual(1);
        expect(fitted.height).toBeGreaterThanOrEqual(1);
        expect(fitted.width).toBeLessThanOrEqual(Math.min(w, width));
        expect(fitted.height).toBeLessThanOrEqual(Math.min(h, height));
      }),
    );
  });
});

describe('coverBox', () => {
  test.each<[string, string, Position, boolean, string, string]>([
    ['4000x3000', '400x400', 'center', false, '533x400', '400x400+67+0'],
    ['4000x3000', '400x400', 'left', false, '533x400', '400x400+0+0'],
    ['4000x3000', '400x400', 'right', false, '533x400', '400x400+133+0'],
    ['3000x4000', '400x400', 'top', false, '400x533', '400x400+0+0'],
    ['3000x4000', '400x400', 'bottom-right', false, '400x533', '400x400+0+133'],
    ['400x300', '800x800', 'center', false, '400x300', '300x300+50+0'],
    ['400x300', '800x800', 'center', true, '1067x800', '800x800+134+0'],
    ['400x300', '200x', 'center', false, '200x150', '200x150+0+0'],
    ['400x300', '400x300', 'top-left', false, '400x300', '400x300+0+0'],
    ['10000x1', '100x100', 'center', false, '10000x1', '1x1+5000+0'],
  ])(
    '%s over %s (%s, enlarge %s): scaled to %s, of it %s',
    (source, box, position, enlarge, scaled, crop) => {
      const cover = coverBox(size(source), bounds(box), position, { enlarge });
      const { left, top } = cover.crop;
      expect(written(cover.scaled)).toBe(scaled);
      expect(`${written(cover.crop)}+${left}+${top}`).toBe(crop);
    },
  );

  test('the crop is the box, and inside what it is cut from', () => {
    const side = fc.integer({ min: 1, max: 5_000 });
    fc.assert(
      fc.property(side, side, side, side, fc.constantFrom(...POSITIONS), (width, height, w, h, position) => {
        const { scaled, crop } = coverBox({ width, height }, { width: w, height: h }, position, {
          enlarge: true,
        });
        expect(crop).toMatchObject({ width: w, height: h });
        expect(crop.left).toBeGreaterThanOrEqual(0);
        expect(crop.top).toBeGreaterThanOrEqual(0);
        expect(crop.left + crop.width).toBeLessThanOrEqual(scaled.width);
        expect(crop.top + crop.height).toBeLessThanOrEqual(scaled.height);
      }),
    );
  });
});

test.each([
  ['400x300', '100x100', false, '100x100'],
  ['400x300', '800x100', false, '400x100'],
  ['400x300', '800x100', true, '800x100'],
  ['400x300', '100x', false, '100x300'],
])('exactSize: %s to %s (enlarge %s) is %s', (source, box, enlarge, expected) => {
  expect(written(exactSize(size(source), bounds(box), { enlarge }))).toBe(expected);
});

describe('placeInside', () => {
  test.each<[Position, number, number]>([
    ['top-left', 5, 5],
    ['top', 40, 5],
    ['top-right', 75, 5],
    ['left', 5, 20],
    ['center', 40, 20],
    ['right', 75, 20],
    ['bottom-left', 5, 35],
    ['bottom', 40, 35],
    ['bottom-right', 75, 35],
  ])('%s of 100x50, for 20x10 with a margin of 5, is at %d, %d', (position, left, top) => {
    expect(placeInside(size('100x50'), size('20x10'), position, 5)).toMatchObject({ left, top });
  });

  test('the margin gives way where there is no room for it', () => {
    expect(placeInside(size('22x50'), size('20x10'), 'right', 5)).toMatchObject({ left: 1, top: 20 });
  });
});

test.each([
  [1, '400x300'],
  [4, '400x300'],
  [5, '300x400'],
  [8, '300x400'],
])('orientation %d of 400x300 is seen as %s', (orientation, expected) => {
  expect(written(viewedSize(size('400x300'), orientation))).toBe(expected);
});

test.each([
  ['1600x1200', 1, '4000x3000'],
  ['1300x1000', 2, '2000x1500'],
  ['800x600', 4, '1000x750'],
  ['400x300', 8, '500x375'],
])('a JPEG of 4000x3000 wanted at %s is shrunk by %d on load, to %s', (target, shrink, reduced) => {
  expect(jpegShrink(size('4000x3000'), size(target))).toBe(shrink);
  expect(written(reducedFor(size('4000x3000'), size(target)))).toBe(reduced);
});

test('unionOf holds all boxes', () => {
  const boxes = [
    { left: 10, top: 0, width: 5, height: 5 },
    { left: 0, top: 20, width: 1, height: 2 },
  ] as const;
  expect(unionOf(boxes as never)).toEqual({ left: 0, top: 0, width: 15, height: 22 });
  expect(areaOf(unionOf(boxes as never))).toBe(330);
});
