import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { areaOf } from './geometry.ts';
import type { Size } from './picture.ts';
import {
  isPlaced,
  MAX_OUTPUT_PIXELS,
  MAX_OUTPUT_SIDE,
  resolveSizing,
  SIZED_FITS,
  type SizedFit,
  type SizedSpec,
  type Sizing,
} from './sizing.ts';

const CENTER = { x: 0.5, y: 0.5, zoom: 1 } as const;
const NO_PADDING = { across: 0, down: 0 } as const;

/** `800x` leaves the height out, `x` both. */
function sides(text: string): Partial<Size> {
  const [width = 0, height = 0] = text.split('x').map(Number);
  return { ...(width && { width }), ...(height && { height }) };
}

function size(text: string): Size {
  const { width = 0, height = 0 } = sides(text);
  return { width, height };
}

function written({ width, height }: Size): string {
  return `${width}x${height}`;
}

function spec(fit: SizedFit, box: string, more: Partial<SizedSpec> = {}): SizedSpec {
  return { fit, ...sides(box), keep: CENTER, fill: { color: '#ffffff' }, padding: NO_PADDING, ...more };
}

/** `600x400 cut 300x400@150,0 on 800x400@250,0`; `40x40@30,30 to 100x100` where it is cut first */
function told({ crop, resize, cut, canvas }: Sizing): string {
  const first = crop ? `${partOf(crop)} to ` : '';
  const then = cut ? ` cut ${partOf(cut)}` : '';
  const on = canvas ? ` on ${written(canvas.size)}@${canvas.left},${canvas.top}` : '';
  return `${first}${written(resize)}${then}${on}`;
}

function partOf(part: NonNullable<Sizing['cut']>): string {
  return `${written(part)}${isPlaced(part) ? `@${part.left},${part.top}` : ` by ${part.by}`}`;
}

describe('what each fit makes', () => {
  test.each([
    // the examples of the grammar
    ['clip', '300x200', '100x100', '100x67'],
    ['clip', '300x200', '600x600', '600x400'],
    ['clip', '300x200', '150x', '150x100'],
    ['clip', '300x200', 'x50', '75x50'],
    ['clip', '300x200', '600x', '600x400'],
    ['clip', '300x200', 'x', '300x200'],
    ['clip', '16383x1', '256x256', '256x1'],
    ['clip', '1x1', '256x128', '128x128'],

    ['max', '300x200', '100x100', '100x67'],
    ['max', '300x200', '600x600', '300x200'],
    ['max', '300x200', '600x', '300x200'],
    ['max', '300x200', '600x100', '150x100'],
    ['max', '300x200', 'x', '300x200'],

    ['crop', '300x200', '100x100', '150x100 cut 100x100@25,0'],
    ['crop', '200x300', '100x100', '100x150 cut 100x100@0,25'],
    ['crop', '300x200', '150x100', '150x100'],
    ['crop', '300x200', '150x', '150x100'],
    ['crop', '300x200', 'x50', '75x50'],
    ['crop', '300x200', 'x', '300x200'],
    ['crop', '300x200', '300x100', '300x200 cut 300x100@0,50'],
    ['crop', '300x200', '600x200', '300x108@0,46 to 600x216 cut 600x200@0,8'],
    ['crop', '300x200', '400x400', '208x200@46,0 to 416x400 cut 400x400@8,0'],
    ['crop', '3x2', '1000x1000', '1500x1000 cut 1000x1000@250,0'],
    ['crop', '16383x1', '100x100', '9x1@8187,0 to 900x100 cut 100x100@400,0'],

    ['min', '300x200', '100x100', '150x100 cut 100x100@25,0'],
    ['min', '300x200', '400x400', '300x200 cut 200x200@50,0'],
    ['min', '300x200', '600x300', '300x200 cut 300x150@0,25'],
    ['min', '300x200', '300x400', '300x200 cut 150x200@75,0'],
    ['min', '300x200', '600x', '300x200'],
    ['min', '300x200', '150x', '150x100'],
    ['min', '300x200', 'x', '300x200'],

    ['scale', '300x200', '100x100', '100x100'],
    ['scale', '300x200', '400x50', '400x50'],
    ['scale', '300x200', '600x', '600x400'],
    ['scale', '300x200', 'x', '300x200'],

    ['fill', '300x200', '100x100', '100x67 on 100x100@0,16'],
    ['fill', '200x300', '100x100', '67x100 on 100x100@16,0'],
    ['fill', '300x200', '600x600', '600x400 on 600x600@0,100'],
    ['fill', '300x200', '600x400', '600x400'],
    ['fill', '300x200', '600x', '600x400'],
    ['fill', '300x200', 'x', '300x200'],

    ['fillmax', '300x200', '100x100', '100x67 on 100x100@0,16'],
    ['fillmax', '300x200', '600x600', '300x200 on 600x600@150,200'],
    ['fillmax', '300x200', '400x150', '225x150 on 400x150@87,0'],
    ['fillmax', '300x200', '600x', '300x200 on 600x400@150,100'],
    ['fillmax', '300x200', 'x', '300x200'],

    ['clamp', '300x200', '100x100', '100x67 on 100x100@0,16'],
    ['clamp', '300x200', '600x600', '600x400 on 600x600@0,100'],
    ['clamp', '300x200', '600x', '600x400'],
  ] as const)('%s of %s in %s is %s', (fit, source, box, expected) => {
    expect(told(resolveSizing(size(source), spec(fit, box)))).toBe(expected);
  });

  test('fractions of pixels, as a density of 1.5 makes them, are rounded at the end', () => {
    const box = { width: 101 * 1.5, height: 67 * 1.5 };
    expect(told(resolveSizing(size('300x200'), { ...spec('scale', 'x'), ...box }))).toBe('152x101');
    expect(written(resolveSizing(size('300x200'), { ...spec('clip', 'x'), width: 151.5 }).size)).toBe(
      '152x101',
    );
  });
});

test.each([
  ['fill', { color: '#ff0000' }, { color: '#ff0000' }],
  ['fill', 'blur', 'blur'],
  ['fillmax', 'blur', 'blur'],
  ['clamp', 'blur', 'clamp'],
] as const)('%s with %o fills the rest of the box with %o', (fit, fill, expected) => {
  const { canvas } = resolveSizing(size('300x200'), spec(fit, '100x100', { fill }));
  expect(canvas?.fill).toEqual(expected);
});

describe('proportions of a box without sides', () => {
  test.each([
    ['crop', '300x200', 1, '300x200 cut 200x200@50,0'],
    ['crop', '300x200', 2, '300x200 cut 300x150@0,25'],
    ['crop', '300x200', 1.5, '300x200'],
    ['fill', '300x200', 1, '300x200 on 300x300@0,50'],
    ['fill', '300x200', 2, '300x200 on 400x200@50,0'],
  ] as const)('%s of %s to %s:1 is %s', (fit, source, aspectRatio, expected) => {
    expect(told(resolveSizing(size(source), spec(fit, 'x', { aspectRatio })))).toBe(expected);
  });
});

describe('bounds of crop', () => {
  test.each([
    // a side that follows from the proportions
    ['x100', { least: { width: 240 } }, '240x100'],
    ['x100', { most: { width: 90 } }, '90x100'],
    ['x100', { least: { width: 120 }, most: { width: 180 } }, '150x100'],
    ['150x', { least: { height: 120 } }, '150x120'],
    ['150x', { most: { height: 60 } }, '150x60'],
    // a side that was asked for, which the other one follows
    ['600x', { most: { width: 150 } }, '150x100'],
    ['60x', { least: { width: 150 } }, '150x100'],
    ['600x400', { most: { width: 150 } }, '150x400'],
    // neither
    ['x', { most: { width: 100 } }, '100x200'],
    ['x', { least: { height: 250 } }, '300x250'],
    // that contradict each other
    ['x100', { least: { width: 120 }, most: { width: 90 } }, '120x100'],
  ] as const)('300x200 in %s with %o is %s', (box, bounds, expected) => {
    expect(written(resolveSizing(size('300x200'), spec('crop', box, bounds)).size)).toBe(expected);
  });

  test('mean nothing to other fits', () => {
    const bounds = { least: { width: 240 }, most: { height: 10 } };
    for (const fit of SIZED_FITS.filter((other) => other !== 'crop')) {
      expect(written(resolveSizing(size('300x200'), spec(fit, 'x100', bounds)).size)).toBe('150x100');
    }
  });
});

describe('what is kept', () => {
  test.each([
    ['300x200', '100x100', { x: 0, y: 0, zoom: 1 }, '150x100 cut 100x100@0,0'],
    ['300x200', '100x100', { x: 1, y: 1, zoom: 1 }, '150x100 cut 100x100@50,0'],
    ['300x200', '100x100', { x: 0.4, y: 0.9, zoom: 1 }, '150x100 cut 100x100@10,0'],
    ['300x200', '100x100', { x: 0.9, y: 0.9, zoom: 1 }, '150x100 cut 100x100@50,0'],
    ['200x300', '100x100', { x: 0, y: 0.4, zoom: 1 }, '100x150 cut 100x100@0,10'],
    ['300x200', '100x100', { x: 0.5, y: 0.5, zoom: 2 }, '300x200 cut 100x100@100,50'],
    ['300x200', '100x100', { x: 0.25, y: 0.75, zoom: 2 }, '300x200 cut 100x100@25,100'],
    ['300x200', '100x100', { x: 0, y: 1, zoom: 2 }, '300x200 cut 100x100@0,100'],
    ['300x200', 'x', { x: 0, y: 0, zoom: 2 }, '154x104@0,0 to 308x208 cut 300x200@0,0'],
    ['300x200', '100x100', { x: 1, y: 1, zoom: 100 }, '6x6@294,194 to 300x300 cut 100x100@200,200'],
  ] as const)('%s in %s around %o: %s', (source, box, keep, expected) => {
    expect(told(resolveSizing(size(source), spec('crop', box, { keep })))).toBe(expected);
  });

  test.each([
    ['crop', '300x200', '100x100', '150x100 cut 100x100 by entropy'],
    ['crop', '300x200', '400x400', '200x200 by entropy to 400x400'],
    ['crop', '300x200', '150x100', '150x100'],
    ['crop', '300x200', '600x400', '600x400'],
    ['min', '300x200', '400x400', '300x200 cut 200x200 by entropy'],
    ['clip', '300x200', '100x100', '100x67'],
  ] as const)('%s of %s in %s looks for it: %s', (fit, source, box, expected) => {
    expect(told(resolveSizing(size(source), spec(fit, box, { keep: 'entropy' })))).toBe(expected);
  });
});

describe('room for padding', () => {
  test.each([
    ['clip', '100x100', '80x53'],
    ['clip', '170x', '150x100'],
    ['clip', 'x', '300x200'],
    ['crop', '100x100', '120x80 cut 80x80@20,0'],
    ['crop', '170x', '150x100'],
    ['fill', '100x100', '80x53 on 80x80@0,13'],
    ['scale', '120x70', '100x50'],
    ['clip', '10x10', '1x1'],
  ] as const)('%s of 300x200 in %s, 20 pixels each way, leaves %s', (fit, box, expected) => {
    const padding = { across: 20, down: 20 };
    expect(told(resolveSizing(size('300x200'), spec(fit, box, { padding })))).toBe(expected);
  });

  test('bounds count it in', () => {
    const padding = { across: 20, down: 20 };
    const asked = spec('crop', 'x120', { padding, most: { width: 100 } });
    expect(written(resolveSizing(size('300x200'), asked).size)).toBe('80x100');
  });
});

describe('limits of what is delivered', () => {
  test.each([
    ['clip', '300x100', '9000x', '8192x2730', '9000x3000'],
    ['clip', '100x300', '8000x', '2730x8192', '8000x24000'],
    ['clip', '20000x1000', 'x', '8192x409', '20000x1000'],
    ['clip', '8000x6000', 'x', '7302x5477', '8000x6000'],
    ['crop', '300x200', '8192x8192', '6324x6324', '8192x8192'],
    ['fillmax', '300x200', '8192x8192', '6324x6324', '8192x8192'],
    ['scale', '300x200', '16000x100', '8192x51', '16000x100'],
    ['max', '300x200', '16000x', '300x200', undefined],
  ] as const)('%s of %s in %s is %s', (fit, source, box, expected, unlimited) => {
    const sizing = resolveSizing(size(source), spec(fit, box));
    expect(written(sizing.size)).toBe(expected);
    expect(sizing.unlimited && written(sizing.unlimited)).toBe(unlimited);
  });

  test('padding counts', () => {
    const padding = { across: 1000, down: 4000 };
    const { size: picture } = resolveSizing(size('7000x7000'), spec('clip', 'x', { padding }));
    expect(picture.width).toBe(picture.height);
    const all = areaOf({ width: picture.width + 1000, height: picture.height + 4000 });
    expect(all).toBeLessThanOrEqual(MAX_OUTPUT_PIXELS);
    expect(all).toBeGreaterThan(0.999 * MAX_OUTPUT_PIXELS);
  });
});

describe('whatever is asked', () => {
  const side = fc.integer({ min: 1, max: 12_000 });
  const source = fc.record({ width: side, height: side });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const box = fc.option(fc.double({ min: 0.5, max: 40_000, noNaN: true }), { nil: undefined });
  const keep = fc.oneof(
    fc.record({ x: share, y: share, zoom: fc.double({ min: 1, max: 100, noNaN: true }) }),
    fc.constantFrom('entropy' as const, 'attention' as const),
  );
  const padding = fc.record({ across: fc.nat(4000), down: fc.nat(4000) });

  test('each step stays inside the one before, in whole pixels, and the limits hold', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SIZED_FITS),
        source,
        box,
        box,
        keep,
        padding,
        (fit, picture, width, height, kept, room) => {
          const asked = spec(fit, 'x', {
            keep: kept,
            padding: room,
            ...(width && { width }),
            ...(height && { height }),
          });
          const { crop, resize, cut, canvas, size: made } = resolveSizing(picture, asked);
          expectInside(crop, picture);
          expectInside(cut, resize);
          const shown = cut ?? resize;
          if (canvas) {
            expectInside({ left: canvas.left, top: canvas.top, ...resize }, canvas.size);
            expect(canvas.size).toEqual(made);
          } else {
            expect({ width: shown.width, height: shown.height }).toEqual(made);
          }
          const all = { width: made.width + room.across, height: made.height + room.down };
          expect(Math.max(all.width, all.height)).toBeLessThanOrEqual(MAX_OUTPUT_SIDE);
          expect(areaOf(all)).toBeLessThanOrEqual(MAX_OUTPUT_PIXELS);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('max and min never have a longer side than the picture, and nothing is enlarged by them', () => {
    fc.assert(
      fc.property(fc.constantFrom('max' as const, 'min' as const), source, box, box, (fit, picture, w, h) => {
        const { resize, size: made } = resolveSizing(
          picture,
          spec(fit, 'x', { ...(w && { width: w }), ...(h && { height: h }) }),
        );
        expect(made.width).toBeLessThanOrEqual(picture.width);
        expect(made.height).toBeLessThanOrEqual(picture.height);
        expect(resize.width).toBeLessThanOrEqual(picture.width);
      }),
    );
  });

  test('cutting first shows the same part as cutting last, to a pixel of the source', () => {
    fc.assert(
      fc.property(source, share, share, fc.integer({ min: 2, max: 20 }), (picture, x, y, zoom) => {
        const { crop, resize, cut } = resolveSizing(
          picture,
          spec('crop', '400x300', { keep: { x, y, zoom } }),
        );
        fc.pre(crop !== undefined && isPlaced(crop) && cut !== undefined && isPlaced(cut));
        const factor = Math.max(400 / picture.width, 300 / picture.height) * zoom;
        const left =
          (crop as { left: number }).left + (cut as { left: number }).left / (resize.width / crop.width);
        const wanted = Math.min(picture.width - 400 / factor, Math.max(0, x * picture.width - 200 / factor));
        expect(Math.abs(left - wanted)).toBeLessThan(1);
      }),
    );
  });

  function expectInside(part: Sizing['cut'], outer: Size): void {
    if (part === undefined) return;
    const { left, top } = isPlaced(part) ? part : { left: 0, top: 0 };
    for (const value of [left, top, part.width, part.height]) expect(Number.isInteger(value)).toBe(true);
    expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
    expect(Math.min(part.width, part.height)).toBeGreaterThanOrEqual(1);
    expect(left + part.width).toBeLessThanOrEqual(outer.width);
    expect(top + part.height).toBeLessThanOrEqual(outer.height);
  }
});
