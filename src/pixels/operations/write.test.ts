import { describe, expect, test } from 'vitest';
import { drawLetters } from '../marks/letters.ts';
import type { Raster } from '../raster.ts';
import type { WriteOperation } from '../render-plan.ts';
import { largestDifference, pixelAt } from '../testing/compare.ts';
import { changed, changedExtent, type Extent, plainRaster } from '../testing/rasters.ts';

const WIDTH = 300;
const HEIGHT = 150;
const LONG = 'One thing after the other, and then another one';

const TEXT = {
  op: 'write',
  text: 'Hello',
  font: 'Inter SemiBold',
  size: 30,
  color: '#ffffff',
  align: { x: 'right', y: 'bottom' },
  pad: 10,
  shrinkToFit: false,
  shadow: 0,
} as const satisfies WriteOperation;

async function written(asked: Partial<WriteOperation>, background = '#808080') {
  const picture = await plainRaster(WIDTH, HEIGHT, background);
  const made = await changed(picture, { ...TEXT, ...asked });
  return { picture, made, extent: changedExtent(picture, made) };
}

async function inked(asked: Partial<WriteOperation>): Promise<Extent> {
  const { extent } = await written(asked);
  if (!extent) throw new Error('nothing was written');
  return extent;
}

const widthOf = ({ left, right }: Extent) => right - left + 1;
const heightOf = ({ top, bottom }: Extent) => bottom - top + 1;

describe('where', () => {
  const aligns = (['left', 'center', 'right'] as const).flatMap((x) =>
    (['top', 'middle', 'bottom'] as const).map((y) => [y, x] as const),
  );
  test.each(aligns)('%s, %s: as far from the edges as the padding', async (y, x) => {
    const { left, top, right, bottom } = await inked({ align: { x, y } });
    const free = { left, right: WIDTH - 1 - right, top, bottom: HEIGHT - 1 - bottom };
    if (x === 'center') expect(Math.abs(free.left - free.right)).toBeLessThanOrEqual(1);
    else expect(free[x]).toBe(10);
    if (y === 'middle') expect(Math.abs(free.top - free.bottom)).toBeLessThanOrEqual(1);
    else expect(free[y]).toBe(10);
  });

  test('nothing else is touched', async () => {
    const { picture, made, extent } = await written({ align: { x: 'left', y: 'top' } });
    const rest = { left: 0, top: (extent?.bottom ?? 0) + 1, width: WIDTH, height: 60 };
    const [before, now] = await Promise.all(
      [picture, made].map((raster) => changed(raster, { op: 'extract', ...rest })),
    );
    expect(largestDifference(before?.data ?? Buffer.alloc(0), now?.data ?? Buffer.alloc(1))).toBe(0);
  });
});

test('a word that is broken between its letters gets no hyphens, which nobody asked for', async () => {
  const bars = await drawLetters('l'.repeat(60), {
    font: TEXT.font,
    size: 20,
    align: 'left',
    width: 100,
  });
  expect(bars.height).toBeGreaterThan(30);
  const inkedIn = (row: number) =>
    [...bars.data.subarray(row * bars.width, (row + 1) * bars.width)].map((ink) => ink > 0);
  // as high as the letters are, there is nothing in the middle of them that is not at their top too
  expect(inkedIn(8)).toEqual(inkedIn(3));
});

describe('how large', () => {
  test('letters grow with the size, in proportion', async () => {
    const [small, large] = [await inked({ size: 15 }), await inked({ size: 45 })];
    expect(widthOf(large) / widthOf(small)).toBeGreaterThan(2.7);
    expect(widthOf(large) / widthOf(small)).toBeLessThan(3.3);
    expect(heightOf(large) / heightOf(small)).toBeGreaterThan(2.6);
  });

  test.each([
    ['pixels', { px: 120 }, 120],
    ['a share of the width of the picture', { share: 0.4 }, 120],
    ['nothing: the width between the paddings', undefined, 280],
    ['more than there is between the paddings', { px: 5000 }, 280],
  ])('lines are broken at %s', async (_, width, most) => {
    const one = await inked({ text: 'One' });
    const made = await inked({ text: LONG, size: 20, ...(width && { width }) });
    expect(widthOf(made)).toBeLessThanOrEqual(most);
    expect(widthOf(made)).toBeGreaterThan(most * 0.6);
    expect(heightOf(made)).toBeGreaterThan(heightOf(one));
  });

  test('lines that are asked for are kept', async () => {
    const [one, two] = [await inked({ text: 'A' }), await inked({ text: 'A\nA' })];
    expect(heightOf(two)).toBeGreaterThan(heightOf(one) * 2);
  });

  test('short lines lie at the side that the text is aligned to', async () => {
    const ragged = async (x: 'left' | 'right') => {
      const { made, extent } = await written({ text: 'WWWWWW\nI', align: { x, y: 'top' } });
      const middle = Math.round(((extent?.top ?? 0) + (extent?.bottom ?? 0)) / 2);
      const below = { left: 0, top: middle + 5, width: WIDTH, height: HEIGHT - middle - 5 };
      const [picture, lower] = [
        await plainRaster(WIDTH, below.height, '#808080'),
        await changed(made, { op: 'extract', ...below }),
      ];
      return changedExtent(picture, lower);
    };
    expect((await ragged('left'))?.left).toBeLessThan(20);
    expect((await ragged('right'))?.right).toBeGreaterThan(WIDTH - 20);
  });

  test('shrinkToFit keeps a line whole, as large as its width allows; one that fits stays', async () => {
    const [line, fitted] = [
      await inked({ text: LONG, size: 8 }),
      await inked({ text: LONG, size: 60, shrinkToFit: true }),
    ];
    expect(widthOf(fitted)).toBeLessThanOrEqual(280);
    expect(widthOf(fitted)).toBeGreaterThan(265);
    expect(heightOf(fitted) / widthOf(fitted)).toBeLessThan((heightOf(line) / widthOf(line)) * 1.3);
    const narrow = await inked({ text: LONG, size: 60, shrinkToFit: true, width: { px: 140 } });
    expect(widthOf(narrow)).toBeLessThanOrEqual(140);
    expect(await inked({ shrinkToFit: true })).toEqual(await inked({}));
  });

  test('what would be higher than the picture is made smaller', async () => {
    for (const [text, size] of [
      ['A', 1000],
      [LONG, 90],
      [Array(40).fill('line').join('\n'), 40],
      ['x'.repeat(500), 1000],
    ] as const) {
      const { left, top, right, bottom } = await inked({ text, size });
      expect(Math.min(left, top, WIDTH - 1 - right, HEIGHT - 1 - bottom)).toBeGreaterThanOrEqual(10);
      expect(bottom - top).toBeGreaterThan(60);
    }
  });
});

/** Lowest value of any channel. */
const darkest = ({ made }: { made: Raster }) =>
  made.data.reduce((least, value) => Math.min(least, value), 255);

describe('how it looks', () => {
  test('in its colour, as opaque as that', async () => {
    expect(darkest(await written({ text: 'I', color: '#000000', size: 120 }))).toBe(0);
    const half = darkest(await written({ text: 'I', color: '#00000080', size: 120 }));
    expect(Math.abs(half - 64)).toBeLessThanOrEqual(1);
  });

  test('a shadow darkens what is around and below the letters, more the stronger it is; they stay where they are', async () => {
    const plainly = await written({ align: { x: 'center', y: 'middle' } });
    const soft = await written({ align: { x: 'center', y: 'middle' }, shadow: 3 });
    const strong = await written({ align: { x: 'center', y: 'middle' }, shadow: 10 });
    expect(darkest(plainly)).toBe(128);
    expect(darkest(soft)).toBeLessThan(110);
    expect(darkest(strong)).toBeLessThan(darkest(soft) - 20);
    const { top = 0, bottom = 0 } = strong.extent ?? {};
    const letters = plainly.extent ?? { left: 0, top: 0, right: 0, bottom: 0 };
    expect(bottom - letters.bottom).toBeGreaterThan(letters.top - top);
    for (let y = letters.top; y <= letters.bottom; y += 1) {
      for (let x = letters.left; x <= letters.right; x += 1) {
        if (pixelAt(plainly.made, x, y)[0] === 255) {
          expect(pixelAt(strong.made, x, y)[0]).toBeGreaterThanOrEqual(253);
        }
      }
    }
  });

  test('what looks like markup is text', async () => {
    const [markup, words] = [
      await inked({ text: '<b>&amp;</b>', size: 12 }),
      await inked({ text: '&', size: 12 }),
    ];
    expect(widthOf(markup)).toBeGreaterThan(widthOf(words) * 4);
  });

  test('is the same, time after time', async () => {
    const [first, second] = [await written({ shadow: 5 }), await written({ shadow: 5 })];
    expect(largestDifference(first.made.data, second.made.data)).toBe(0);
  });
});

test.each(['   ', '\u200b', '\n'])('%j is nothing to write, and the fault of the request', async (text) => {
  await expect(written({ text })).rejects.toMatchObject({
    code: 'invalid_request',
    extra: { parameter: 'txt' },
  });
});
