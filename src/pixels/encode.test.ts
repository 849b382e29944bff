import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { render } from './render.ts';
import type { Encoding } from './render-plan.ts';
import { distance, meanDifference } from './testing/compare.ts';
import { pixelsOf, plain, samplePath } from './testing/pictures.ts';
import {
  AVIF,
  fileOf,
  GIF,
  JPEG,
  operations,
  output,
  PNG,
  planOf,
  renderOne,
  temporaryFolder,
  WEBP,
} from './testing/plans.ts';

const CAT = samplePath('chelsea.png');
const written = async (encoding: Encoding) => (await renderOne(CAT, [], encoding)).path;
const size = async (encoding: Encoding) => (await readFile(await written(encoding))).length;
const header = async (encoding: Encoding) => sharp(await written(encoding)).metadata();

describe('what is written looks like the photograph', () => {
  test.each<[string, number, Encoding]>([
    ['jpeg', 2, JPEG],
    ['webp', 2, WEBP],
    ['avif', 3, AVIF],
    ['gif', 4, GIF],
    ['png', 0, PNG],
    ['lossless webp', 0, { ...WEBP, lossless: true }],
    ['lossless avif', 0.5, { ...AVIF, lossless: true }],
    ['png of 64 colours', 5, { ...PNG, colours: 64 }],
  ])('%s, to a distance of %d', async (_, tolerance, encoding) => {
    expect(await distance(await written(encoding), CAT)).toBeLessThanOrEqual(tolerance);
  });
});

describe('every setting counts', () => {
  test.each<[string, Encoding, Encoding]>([
    ['quality of a jpeg', { ...JPEG, quality: 40 }, { ...JPEG, quality: 90 }],
    ['mozjpeg', JPEG, { ...JPEG, mozjpeg: false }],
    ['quality of a webp', { ...WEBP, quality: 40 }, { ...WEBP, quality: 90 }],
    ['effort of a webp', { ...WEBP, effort: 6 }, { ...WEBP, effort: 0 }],
    ['lossless webp', WEBP, { ...WEBP, lossless: true }],
    ['quality of an avif', { ...AVIF, quality: 30 }, { ...AVIF, quality: 80 }],
    ['effort of an avif', { ...AVIF, effort: 4 }, { ...AVIF, effort: 0 }],
    ['effort of a png', { ...PNG, effort: 9 }, { ...PNG, effort: 1 }],
    ['colours of a png', { ...PNG, colours: 16 }, PNG],
    ['colours of a gif', { ...GIF, colours: 8 }, GIF],
  ])('%s', async (_, smaller, larger) => {
    expect(await size(smaller)).toBeLessThan(await size(larger));
  });

  test('effort of a gif', async () => {
    const [quick, slow] = [await written(GIF), await written({ ...GIF, effort: 10 })];
    expect((await readFile(quick)).equals(await readFile(slow))).toBe(false);
  });

  test.each([
    [true, JPEG],
    [true, { ...JPEG, mozjpeg: false }],
    [false, { ...JPEG, progressive: false }],
    [false, { ...JPEG, progressive: false, mozjpeg: false }],
    [true, { ...PNG, progressive: true }],
    [false, PNG],
  ] as const)('progressive is %s for %j', async (progressive, encoding) => {
    expect((await header(encoding)).isProgressive).toBe(progressive);
  });

  test('our mozjpeg is the one of sharp', async () => {
    const theirs = await sharp(CAT).jpeg({ quality: 80, mozjpeg: true }).toBuffer();
    expect((await readFile(await written(JPEG))).equals(theirs)).toBe(true);
  });

  test('colour resolution is halved below quality 90, kept from there', async () => {
    expect((await header(JPEG)).chromaSubsampling).toBe('4:2:0');
    expect((await header({ ...JPEG, quality: 90 })).chromaSubsampling).toBe('4:4:4');
  });

  test.each([
    ['4:2:0', '4:2:0'],
    ['4:2:2', '4:4:4'],
    ['4:4:4', '4:4:4'],
  ] as const)('colour resolution %s is written as %s, whatever the quality', async (chroma, writtenAs) => {
    for (const quality of [50, 95]) {
      expect((await header({ ...JPEG, quality, chroma })).chromaSubsampling).toBe(writtenAs);
    }
  });

  test('colour resolution of an avif, whatever the quality', async () => {
    for (const quality of [50, 95]) {
      const [half, all] = [
        { ...AVIF, quality, chroma: '4:2:0' as const },
        { ...AVIF, quality, chroma: '4:4:4' as const },
      ];
      expect(await size(half)).toBeLessThan(await size(all));
    }
  });

  test.each([
    [2, 2],
    [3, 4],
    [16, 16],
    [17, 256],
  ])('a png of %d colours has at most %d, and half the bytes of one of all', async (colours, most) => {
    const made = await pixelsOf(await written({ ...PNG, colours }));
    const seen = new Set<number>();
    for (let at = 0; at < made.data.length; at += made.channels) seen.add(made.data.readUIntBE(at, 3));
    expect(seen.size).toBeLessThanOrEqual(most);
    expect(seen.size).toBeGreaterThan(most / 2);
    expect(await size({ ...PNG, colours })).toBeLessThan((await size(PNG)) / 2);
  });
});

describe('sides that a format cannot hold', () => {
  test.each<[Encoding, number]>([
    [WEBP, 16_383],
    [AVIF, 16_384],
    [GIF, 65_535],
    [JPEG, 65_500],
  ])('$format', async (encoding, most) => {
    const path = await fileOf(
      await plain(most + 1, 1, '#808080')
        .png()
        .toBuffer(),
    );
    await expect(renderOne(path, [], encoding)).rejects.toMatchObject({ code: 'image_too_large' });
    await expect(renderOne(path, [], encoding)).rejects.toThrow(`at most ${most} pixels a side`);
  });
});

test('a very large single picture goes straight into its output, with the same pixels', async () => {
  const size = { width: 4600, height: 3100 };
  const path = await fileOf(
    await sharp(CAT)
      .resize({ ...size, fit: 'fill' })
      .jpeg()
      .toBuffer(),
  );
  const whole = { id: 'a', from: { decode: 'first' as const }, operations: operations({ op: 'orient' }) };
  const quick = { ...JPEG, mozjpeg: false, progressive: false };
  const straight = planOf(path, [{ ...whole, outputs: [output('a', quick)] }]);
  const kept = planOf(path, [
    { ...whole, outputs: [output('a', quick), output('b', { ...quick, quality: 1 })] },
  ]);
  const [first] = (await render(straight, await temporaryFolder())).outputs;
  const [second] = (await render(kept, await temporaryFolder())).outputs;
  expect(first).toMatchObject(size);
  const [a, b] = [await pixelsOf(first?.path ?? ''), await pixelsOf(second?.path ?? '')];
  expect(a.data.equals(b.data)).toBe(true);
});

test('a GIF of a photograph is close to it pixel by pixel', async () => {
  const [made, photo] = [await pixelsOf(await written(GIF)), await pixelsOf(CAT)];
  expect(meanDifference(made.data, photo.data)).toBeLessThan(12);
});
