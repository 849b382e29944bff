import { describe, expect, test } from 'vitest';
import { pixelAt } from '../testing/compare.ts';
import type { Bare } from '../testing/plans.ts';
import { changed, drawnRaster } from '../testing/rasters.ts';

/** Black, red, middle grey, white. */
const COLOURS = [
  [0, 0, 0],
  [255, 0, 0],
  [128, 128, 128],
  [255, 255, 255],
];

async function styled(operation: Bare): Promise<number[][]> {
  const made = await changed(
    drawnRaster(4, 1, (x) => COLOURS[x] ?? []),
    operation,
  );
  return [0, 1, 2, 3].map((x) => pixelAt(made, x, 0));
}

describe('sepia', () => {
  test('at 100: as the matrix of CSS', async () => {
    expect(await styled({ op: 'sepia', amount: 100 })).toEqual([
      [0, 0, 0],
      [100, 89, 69],
      [173, 154, 120],
      [255, 255, 239],
    ]);
  });

  test('at 50: half of the way', async () => {
    const half = await styled({ op: 'sepia', amount: 50 });
    expect(half[1]).toEqual([178, 44, 35]);
  });
});

describe('monochrome', () => {
  test('black and white stay, everything else has the one hue', async () => {
    const [black, red, grey, white] = await styled({ op: 'monochrome', color: '#4080ff' });
    expect([black, white]).toEqual([
      [0, 0, 0],
      [255, 255, 255],
    ]);
    for (const [r = 0, g = 0, b = 0] of [red ?? [], grey ?? []]) {
      expect(r).toBeLessThan(g);
      expect(g).toBeLessThan(b);
    }
  });

  test('the colour is where its own lightness is', async () => {
    const luma = Math.round(0.2126 * 0x40 + 0.7152 * 0x80 + 0.0722 * 0xff);
    const made = await changed(
      drawnRaster(1, 1, () => [luma, luma, luma]),
      { op: 'monochrome', color: '#4080ff' },
    );
    for (const [channel, value] of [0x40, 0x80, 0xff].entries()) {
      expect(Math.abs((made.data[channel] ?? 0) - value)).toBeLessThanOrEqual(1);
    }
  });

  test.each(['#000000', '#808080', '#ffffff'])('%s gives greyscale', async (color) => {
    const [black, red, grey, white] = await styled({ op: 'monochrome', color });
    expect([black, red, grey, white]).toEqual([
      [0, 0, 0],
      [54, 54, 54],
      [128, 128, 128],
      [255, 255, 255],
    ]);
  });

  test('a translucent colour shows by half', async () => {
    const [, red] = await styled({ op: 'monochrome', color: '#80808080' });
    expect(red).toEqual([154, 27, 27]);
  });
});

describe('duotone', () => {
  test('from the dark colour in black to the light one in white', async () => {
    expect(await styled({ op: 'duotone', dark: '#000080', light: '#ff8000' })).toEqual([
      [0, 0, 128],
      [54, 27, 101],
      [128, 64, 64],
      [255, 128, 0],
    ]);
  });

  test('a colour that cannot be seen leaves the picture where it would be', async () => {
    const [black, , , white] = await styled({ op: 'duotone', dark: '#00ff0000', light: '#0000ff' });
    expect([black, white]).toEqual([
      [0, 0, 0],
      [0, 0, 255],
    ]);
  });
});
