import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { sizeOf } from '../raster.ts';
import { resolveSizing, SIZED_FITS, type SizedSpec } from '../sizing.ts';
import { largestDifference, meanDifference, pixelAt } from '../testing/compare.ts';
import { plain, samplePath } from '../testing/pictures.ts';
import {
  animated,
  changed,
  drawnRaster,
  pagesOf,
  photoRaster,
  plainRaster,
  rasterOf,
  sizeText,
} from '../testing/rasters.ts';

function spec(asked: Partial<SizedSpec>): SizedSpec {
  return {
    fit: 'crop',
    keep: { x: 0.5, y: 0.5, zoom: 1 },
    fill: { color: '#ffffff' },
    padding: { across: 0, down: 0 },
    ...asked,
  };
}

/** Red grows to the right, green downwards, 400 x 200: a colour tells where it came from. */
const slope = () =>
  drawnRaster(400, 200, (x, y) => [Math.round((x / 399) * 255), Math.round((y / 199) * 255), 128]);

describe('the size is what the numbers say', () => {
  const boxes = [{ width: 33, height: 50 }, { width: 200, height: 20 }, { width: 47 }, { height: 130 }, {}];
  test.each(SIZED_FITS)('fit=%s', async (fit) => {
    const photo = await photoRaster();
    for (const box of boxes) {
      const size = spec({ fit, ...box });
      const made = await changed(photo, { op: 'sized', size });
      expect(sizeOf(made)).toEqual(resolveSizing(sizeOf(photo), size).size);
    }
  });
});

describe('what is kept', () => {
  // shares of the picture that lie in the left top and the right bottom corner of what comes out
  test.each([
    ['the middle', { x: 0.5, y: 0.5, zoom: 1 }, [0.25, 0], [0.75, 1]],
    ['the left', { x: 0, y: 0.5, zoom: 1 }, [0, 0], [0.5, 1]],
    ['the right', { x: 1, y: 0.5, zoom: 1 }, [0.5, 0], [1, 1]],
    ['the middle, twice as near', { x: 0.5, y: 0.5, zoom: 2 }, [0.375, 0.25], [0.625, 0.75]],
    ['a corner, eight times as near', { x: 1, y: 0, zoom: 8 }, [0.9375, 0], [1, 0.125]],
    [
      'a point near an edge, as far as there is picture',
      { x: 0.05, y: 0.95, zoom: 4 },
      [0, 0.75],
      [0.125, 1],
    ],
  ] as const)('%s', async (_, keep, from, to) => {
    for (const side of [80, 300]) {
      const made = await changed(slope(), { op: 'sized', size: spec({ width: side, height: side, keep }) });
      const corners = [pixelAt(made, 0, 0), pixelAt(made, side - 1, side - 1)];
      for (const [index, [x, y]] of [from, to].entries()) {
        expect(Math.abs((corners[index]?.[0] ?? 0) - x * 255)).toBeLessThan(4);
        expect(Math.abs((corners[index]?.[1] ?? 0) - y * 255)).toBeLessThan(4);
      }
    }
  });

  test('a part that is enlarged looks as if all had been enlarged', async () => {
    const photo = await photoRaster();
    const keep = { x: 0.3, y: 0.6, zoom: 3 };
    const made = await changed(photo, { op: 'sized', size: spec({ width: 180, height: 120, keep }) });
    const cut = await changed(
      photo,
      { op: 'resize', width: 540, height: 360 },
      { op: 'extract', left: 540 * 0.3 - 90, top: 360 * 0.6 - 60, width: 180, height: 120 },
    );
    expect(meanDifference(made.data, cut.data)).toBeLessThan(1.5);
  });

  test.each(['entropy', 'attention'] as const)('the %s, larger or smaller than it was', async (keep) => {
    const cat = await sharp(samplePath('chelsea.png')).resize(150, 100).toBuffer();
    const wall = await rasterOf(
      plain(600, 100, '#808080')
        .composite([{ input: cat, left: 440, top: 0 }])
        .removeAlpha(),
    );
    for (const side of [60, 200]) {
      const made = await changed(wall, { op: 'sized', size: spec({ width: side, height: side, keep }) });
      expect(sizeText(made)).toBe(`${side}x${side}`);
      const flat = await plainRaster(side, side, '#808080');
      expect(meanDifference(made.data, flat.data)).toBeGreaterThan(20);
    }
  });

  test('all pages keep the part that the first one chose', async () => {
    const stripe = (at: number) =>
      drawnRaster(90, 30, (x, y) =>
        x >= at && x < at + 20 ? [(x * 37 + y * 91) % 256, y * 8, x * 2] : [90, 90, 90],
      );
    const made = await changed(animated(stripe(60), stripe(5)), {
      op: 'sized',
      size: spec({ width: 30, height: 30, keep: 'entropy' }),
    });
    const [first, second] = pagesOf(made);
    const flat = await plainRaster(30, 30, '#5a5a5a');
    expect(meanDifference(first?.data ?? flat.data, flat.data)).toBeGreaterThan(20);
    expect(largestDifference(second?.data ?? Buffer.alloc(0), flat.data)).toBe(0);
  });
});

describe('the ground around it', () => {
  test.each([
    ['fill', { color: '#ff0000' }],
    ['fillmax', { color: '#ff0000' }],
  ] as const)('fit=%s in a colour', async (fit, fill) => {
    const made = await changed(await plainRaster(90, 60, '#0000ff'), {
      op: 'sized',
      size: spec({ fit, width: 100, height: 200, fill }),
    });
    expect(sizeText(made)).toBe('100x200');
    expect(pixelAt(made, 50, 10)).toEqual([255, 0, 0]);
    expect(pixelAt(made, 50, 100)).toEqual([0, 0, 255]);
    // fillmax enlarges nothing: the picture is 90 wide
    expect(pixelAt(made, 1, 100)).toEqual(fit === 'fill' ? [0, 0, 255] : [255, 0, 0]);
  });

  test('a trimmed picture meets the box by the size that is left of it', async () => {
    const framed = drawnRaster(200, 200, (x, y) =>
      x >= 50 && x < 150 && y >= 80 && y < 120 ? [200, 0, 0] : [9, 9, 9],
    );
    const made = await changed(
      framed,
      { op: 'trim', threshold: 20 },
      { op: 'sized', size: spec({ fit: 'clip', width: 50 }) },
    );
    expect(sizeText(made)).toBe('50x20');
  });
});
