import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { probe } from './probe.ts';
import { render } from './render.ts';
import type { Encoding, Operation } from './render-plan.ts';
import { pixelAt } from './testing/compare.ts';
import { frames, rawOf } from './testing/pictures.ts';
import {
  fileOf,
  GIF,
  JPEG,
  LIMITS,
  operations,
  output,
  planOf,
  renderOne,
  temporaryFolder,
  WEBP,
} from './testing/plans.ts';

const COLOURS = ['#ff0000', '#00ff00', '#0000ff', '#ffffff', '#000000'];
const DELAYS = [100, 200, 300, 50, 1000];

const sources: [string, () => Promise<Buffer>][] = [
  ['GIF', async () => (await frames(40, 30, COLOURS)).gif({ delay: DELAYS, loop: 3 }).toBuffer()],
  [
    'WebP',
    async () => (await frames(40, 30, COLOURS)).webp({ delay: DELAYS, loop: 3, lossless: true }).toBuffer(),
  ],
];

describe.each(sources)('an animated %s', (_, make) => {
  test('is known by its header', async () => {
    const facts = await probe(await fileOf(await make()), LIMITS);
    expect(facts).toMatchObject({
      stored: { width: 40, height: 30 },
      viewed: { width: 40, height: 30 },
      pages: 5,
      animation: { delays: DELAYS, loop: 3 },
    });
  });

  test.each<[string, Encoding]>([
    ['webp', { ...WEBP, lossless: true }],
    ['gif', GIF],
  ])('stays animated as %s: frames, delays, loop, order', async (_format, encoding) => {
    const path = await fileOf(await make());
    const made = await renderOne(path, operations({ op: 'resize', width: 20, height: 15 }), encoding, {
      decode: 'all',
    });
    expect(made).toMatchObject({ width: 20, height: 15, pages: 5 });
    const metadata = await sharp(made.path).metadata();
    expect(metadata).toMatchObject({ pages: 5, delay: DELAYS, loop: 3 });
    for (const [page, colour] of COLOURS.entries()) {
      const pixels = await rawOf(sharp(made.path, { page }).removeAlpha());
      const [red = 0, green = 0, blue = 0] = pixelAt(pixels, 10, 7);
      const seen = [red, green, blue].map((value) => Math.round(value / 255));
      expect(seen, `page ${page}`).toEqual(
        [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255),
      );
    }
  });

  test('no page bleeds into the next when it is sized', async () => {
    const path = await fileOf(await make());
    const list = operations({ op: 'resize', width: 13, height: 10 });
    const made = await renderOne(path, list, { ...WEBP, lossless: true }, { decode: 'all' });
    const white = await rawOf(sharp(made.path, { page: 3 }).removeAlpha());
    expect(white.data.every((value) => value === 255)).toBe(true);
  });

  test('becomes a still where the format does not move, or one page is asked for', async () => {
    const path = await fileOf(await make());
    const still = await renderOne(path, [], { ...JPEG, quality: 95 }, { decode: 'all' });
    const first = await renderOne(path, [], WEBP, { decode: 'first' });
    for (const made of [still, first]) {
      expect(made).toMatchObject({ width: 40, height: 30, pages: 1 });
      const [red = 0, green = 0] = pixelAt(await rawOf(sharp(made.path).removeAlpha()), 20, 15);
      expect([red > 230, green < 25]).toEqual([true, true]);
    }
  });
});

test('an animation that is larger than a portion is decoded in several and is the same', async () => {
  // 2500 x 2000 x 4 bytes: three pages a portion
  const webp = (await frames(2500, 2000, COLOURS)).webp({ delay: DELAYS, lossless: true, effort: 0 });
  const path = await fileOf(await webp.toBuffer());
  const folder = await temporaryFolder();
  const plan = planOf(
    path,
    [
      {
        id: 'a',
        from: { decode: 'all', shrinkTo: { width: 30, height: 20 } },
        operations: operations({ op: 'orient' }, { op: 'resize', width: 30, height: 20 }),
        outputs: [output('a', GIF)],
      },
    ],
    'webp',
  );
  const { outputs } = await render(plan, folder);
  expect(outputs[0]).toMatchObject({ pages: 5, width: 30, height: 20 });
  const { data } = await rawOf(sharp(outputs[0]?.path ?? '', { page: 4 }).removeAlpha());
  expect(data.every((value) => value < 3)).toBe(true);
});

describe('every operation works on every page', () => {
  const list: Operation[] = operations(
    { op: 'orient' },
    { op: 'resize', width: 24, height: 18 },
    { op: 'fit', width: 20, height: 20, fit: 'cover', position: 'attention', enlarge: true },
    { op: 'fit', width: 16, fit: 'inside', position: 'center', enlarge: false },
    { op: 'extract', left: 1, top: 2, width: 10, height: 8 },
    { op: 'blur', sigma: 1 },
    { op: 'sharpen', sigma: 1, amount: 1 },
    { op: 'greyscale' },
    { op: 'modulate', brightness: 0.5, saturation: 1, hue: 90 },
    { op: 'gamma', gamma: 2 },
    { op: 'normalise' },
    { op: 'tint', color: '#804020' },
    { op: 'rotate', angle: 90, background: '#ffffff' },
    { op: 'rotate', angle: 33, background: '#ffffff00' },
    { op: 'flip', axis: 'vertical' },
    { op: 'trim', threshold: 10 },
    {
      op: 'watermark',
      mark: { text: 'x', color: '#ffffff' },
      place: 'tile',
      opacity: 1,
      size: 0.5,
      margin: 0,
    },
  );

  test.each(list.map((operation) => [operation.op, operation] as const))('%s', async (_, operation) => {
    const path = await fileOf(
      await (await frames(40, 30, COLOURS)).webp({ delay: DELAYS, lossless: true }).toBuffer(),
    );
    const made = await renderOne(path, [operation], { ...WEBP, lossless: true }, { decode: 'all' });
    const alone = await renderOne(path, [operation], { ...WEBP, lossless: true }, { decode: 'first' });
    expect(made.pages).toBe(5);
    expect([made.width, made.height]).toEqual([alone.width, alone.height]);
    const moving = await rawOf(sharp(made.path, { page: 0 }).ensureAlpha());
    const still = await rawOf(sharp(alone.path).ensureAlpha());
    // normalise looks at all pages at once, which is the point of it
    if (operation.op !== 'normalise') expect(moving.data.equals(still.data)).toBe(true);
  });
});
