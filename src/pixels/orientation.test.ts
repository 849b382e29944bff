import { describe, expect, test } from 'vitest';
import { probe } from './probe.ts';
import { largestDifference, meanDifference } from './testing/compare.ts';
import { asPipeline, type Pixels, pixelsOf, smallPhoto } from './testing/pictures.ts';
import { fileOf, LIMITS, operations, renderOne } from './testing/plans.ts';

type Place = readonly [x: number, y: number];

/**
 * Where a stored pixel is seen, for a picture that is seen at `width` x `height` (EXIF 2.32, 4.6.4 A: what the 0th row
 * and the 0th column of each orientation stand for).
 */
const seenAt: Readonly<Record<number, (x: number, y: number, width: number, height: number) => Place>> = {
  1: (x, y) => [x, y],
  2: (x, y, width) => [width - 1 - x, y],
  3: (x, y, width, height) => [width - 1 - x, height - 1 - y],
  4: (x, y, _, height) => [x, height - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, width) => [width - 1 - y, x],
  7: (x, y, width, height) => [width - 1 - y, height - 1 - x],
  8: (x, y, _, height) => [y, height - 1 - x],
};

/** The pixels as a camera held that way would have stored them. */
function storedAs(orientation: number, seen: Pixels): Pixels {
  const [width, height] = orientation >= 5 ? [seen.height, seen.width] : [seen.width, seen.height];
  const data = Buffer.alloc(seen.data.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [atX, atY] = seenAt[orientation]?.(x, y, seen.width, seen.height) ?? [0, 0];
      const from = (atY * seen.width + atX) * seen.channels;
      seen.data.copy(data, (y * width + x) * seen.channels, from, from + seen.channels);
    }
  }
  return { data, width, height, channels: seen.channels };
}

function tagged(pixels: Pixels, orientation: number): Promise<Buffer> {
  return asPipeline(pixels).withMetadata({ orientation }).png().toBuffer();
}

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %d', (orientation) => {
  test('is made upright, exactly', async () => {
    const seen = await smallPhoto();
    const path = await fileOf(await tagged(storedAs(orientation, seen), orientation));
    const facts = await probe(path, LIMITS);
    expect(facts).toMatchObject({ orientation, viewed: { width: 90, height: 60 } });

    const made = await renderOne(path, operations({ op: 'orient' }));
    expect(made).toMatchObject({ width: 90, height: 60 });
    const pixels = await pixelsOf(made.path);
    expect(largestDifference(pixels.data, seen.data)).toBe(0);
  });

  test('is the same whether it is done on load, before another operation or after it', async () => {
    const seen = await smallPhoto();
    const path = await fileOf(await tagged(storedAs(orientation, seen), orientation));
    const small = { width: 45, height: 30 };
    const onLoad = await renderOne(path, operations({ op: 'orient' }, { op: 'resize', ...small }));
    const late = await renderOne(path, operations({ op: 'greyscale' }, { op: 'orient' }));
    const early = await renderOne(path, operations({ op: 'orient' }, { op: 'greyscale' }));
    expect(onLoad).toMatchObject(small);
    const [first, second] = [await pixelsOf(late.path), await pixelsOf(early.path)];
    expect(meanDifference(first.data, second.data)).toBe(0);
  });

  test('is left to the reader where nobody asks for it, and the output does not carry it', async () => {
    const seen = await smallPhoto();
    const stored = storedAs(orientation, seen);
    const made = await renderOne(await fileOf(await tagged(stored, orientation)), []);
    expect(largestDifference((await pixelsOf(made.path)).data, stored.data)).toBe(0);
    expect((await probe(made.path, LIMITS)).orientation).toBe(1);
  });
});
