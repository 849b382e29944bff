import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { ADOBE_RGB, type ColourSpace, tagged, toSrgb, WIDE } from './testing/colour-profiles.ts';
import { meanDifference, pixelAt } from './testing/compare.ts';
import { pixelsOf, plain, rawOf, samplePath } from './testing/pictures.ts';
import { fileOf, JPEG, operations, renderOne, WEBP } from './testing/plans.ts';

/** Lossless, so that what is compared is colour and not compression. */
const shown = async (bytes: Buffer) => pixelsOf((await renderOne(await fileOf(bytes), [])).path);

describe('a profile is converted to sRGB, to 2 of 255 of what arithmetic says', () => {
  const colours = [
    [200, 120, 60],
    [40, 90, 160],
    [128, 128, 128],
    [255, 255, 255],
    [0, 0, 0],
    [90, 140, 70],
  ] as const;
  const cases = [ADOBE_RGB, WIDE].flatMap((space) =>
    colours.flatMap((colour) => [8, 16].map((bits) => [space, colour, bits] as const)),
  );

  test.each(cases)('$name %j at %d bits', async (space: ColourSpace, colour, bits) => {
    const [r, g, b] = colour;
    const flat = plain(4, 4, `rgb(${r},${g},${b})`);
    const png = await (bits === 16 ? flat.toColourspace('rgb16') : flat).png().toBuffer();
    const [red = 0, green = 0, blue = 0] = pixelAt(await shown(tagged(png, space)), 1, 1);
    const [wantedRed = 0, wantedGreen = 0, wantedBlue = 0] = toSrgb(colour, space);
    expect(Math.abs(red - wantedRed)).toBeLessThanOrEqual(2);
    expect(Math.abs(green - wantedGreen)).toBeLessThanOrEqual(2);
    expect(Math.abs(blue - wantedBlue)).toBeLessThanOrEqual(2);
  });

  test('the test can tell: without conversion these colours are far off', () => {
    const [red = 0] = toSrgb([90, 140, 70], ADOBE_RGB);
    expect(Math.abs(red - 90)).toBeGreaterThan(20);
  });
});

describe('other colour models look like the photograph they were made from', () => {
  const photo = () => sharp(samplePath('astronaut.png')).resize(120);
  test.each<[string, number, () => Promise<Buffer>]>([
    // the press cannot print all of it: a wide tolerance, but untransformed CMYK is off by more than 60
    ['CMYK JPEG without a profile', 9, () => photo().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer()],
    ['CMYK JPEG with one', 9, () => photo().withIccProfile('cmyk').jpeg({ quality: 95 }).toBuffer()],
    ['CMYK TIFF with one', 9, () => photo().withIccProfile('cmyk').tiff({ compression: 'lzw' }).toBuffer()],
    ['16-bit PNG', 0.5, () => photo().toColourspace('rgb16').png().toBuffer()],
    ['16-bit TIFF', 0.5, () => photo().toColourspace('rgb16').tiff({ compression: 'lzw' }).toBuffer()],
    [
      '16-bit PNG with a P3 profile',
      1,
      () => photo().toColourspace('rgb16').withIccProfile('p3').png().toBuffer(),
    ],
    ['P3 WebP', 1, () => photo().withIccProfile('p3').webp({ lossless: true }).toBuffer()],
    ['P3 AVIF', 3, () => photo().withIccProfile('p3').avif({ quality: 90, effort: 0 }).toBuffer()],
    [
      '10-bit AVIF',
      3,
      () => photo().toColourspace('rgb16').avif({ quality: 90, effort: 0, bitdepth: 10 }).toBuffer(),
    ],
    ['palette PNG', 4, () => photo().png({ palette: true }).toBuffer()],
    ['GIF', 4, () => photo().gif().toBuffer()],
  ])('%s, to a mean of %d of 255', async (_, tolerance, make) => {
    const original = await rawOf(photo());
    const made = await shown(await make());
    expect(made.channels).toBe(3);

    expect(meanDifference(made.data, original.data)).toBeLessThanOrEqual(tolerance);
  });

  test.each<[string, () => Promise<Buffer>]>([
    ['grey PNG', () => photo().greyscale().toColourspace('b-w').png().toBuffer()],
    ['grey JPEG', () => photo().greyscale().toColourspace('b-w').jpeg({ quality: 95 }).toBuffer()],
    ['16-bit grey PNG', () => photo().greyscale().toColourspace('grey16').png().toBuffer()],
  ])('%s stays grey', async (_, make) => {
    const grey = await photo().greyscale().raw().toBuffer();
    const threefold = Buffer.from([...grey].flatMap((value) => [value, value, value]));
    const { data } = await shown(await make());
    expect(meanDifference(data, threefold)).toBeLessThan(2);
  });
});

describe('transparency', () => {
  /** Left half invisible, right half red at half its opacity. */
  const translucent = () => {
    const row = Array.from({ length: 40 }, (_, x) => (x < 20 ? [0, 0, 0, 0] : [200, 40, 40, 128])).flat();
    const data = Buffer.from(Array.from({ length: 20 }, () => row).flat());
    return sharp(data, { raw: { width: 40, height: 20, channels: 4 } })
      .png()
      .toBuffer();
  };

  test.each([
    ['png', undefined],
    ['webp', WEBP],
  ])('is kept in %s', async (_, encoding) => {
    const made = await renderOne(await fileOf(await translucent()), [], encoding);
    const pixels = await pixelsOf(made.path);
    expect(pixels.channels).toBe(4);
    expect(pixelAt(pixels, 30, 10)[3]).toBe(128);
    expect(pixelAt(pixels, 5, 10)[3]).toBe(0);
  });

  test('becomes the background in a JPEG', async () => {
    const made = await renderOne(await fileOf(await translucent()), [], {
      ...JPEG,
      quality: 95,
      background: '#00ff00',
    });
    const pixels = await pixelsOf(made.path);
    const [red = 0, green = 0] = pixelAt(pixels, 5, 10);
    expect(red).toBeLessThan(20);
    expect(green).toBeGreaterThan(235);
    const [mixedRed = 0, mixedGreen = 0] = pixelAt(pixels, 32, 10);
    expect(mixedRed).toBeGreaterThan(80);
    expect(mixedGreen).toBeGreaterThan(120);
  });

  test('does not bleed its colour into what is seen when the picture shrinks', async () => {
    // black, invisible pixels beside white, opaque ones: a naive mean would be grey
    const left = Buffer.from([0, 0, 0, 0]);
    const right = Buffer.from([255, 255, 255, 255]);
    const row = Buffer.concat(Array.from({ length: 40 }, (_, x) => (x % 2 === 0 ? left : right)));
    const data = Buffer.concat(Array.from({ length: 40 }, () => row));
    const png = await sharp(data, { raw: { width: 40, height: 40, channels: 4 } })
      .png()
      .toBuffer();
    const made = await renderOne(await fileOf(png), operations({ op: 'resize', width: 10, height: 10 }));
    const [red = 0, , , alpha = 0] = pixelAt(await pixelsOf(made.path), 5, 5);
    expect(red).toBeGreaterThan(250);
    expect(Math.abs(alpha - 128)).toBeLessThan(4);
  });
});
