import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { formats } from './formats.ts';
import { assertSafeVersion, fenceLoaders } from './loaders.ts';
import { PICTURE_FORMATS } from './picture.ts';
import { plain, samplePath } from './testing/pictures.ts';

describe('behind the fence', () => {
  fenceLoaders();
  fenceLoaders();

  test.each<[string, string]>([
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
    ['PPM', 'P6 1 1 255 abc'],
    ['PDF', '%PDF-1.4\n%%EOF'],
    ['Radiance', '#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\nabcd'],
    ["libvips' own format", '\x08\xf2\xa6\xb6'],
  ])('%s does not load', async (_, bytes) => {
    await expect(sharp(Buffer.from(bytes, 'latin1')).metadata()).rejects.toThrow('unsupported');
  });

  test.each(PICTURE_FORMATS)('%s loads', async (format) => {
    const bytes = await sharp(samplePath('rocket.jpg')).resize(20).toFormat(format).toBuffer();
    await expect(sharp(bytes).raw().toBuffer()).resolves.toBeDefined();
  });

  test('one thread a picture, nothing cached', () => {
    expect(sharp.concurrency()).toBe(1);
    expect(sharp.cache()).toMatchObject({ memory: { max: 0 }, items: { max: 0 } });
  });
});

test.each(['0.35.5', '0.35.10', '0.36.0', '1.0.0'])('sharp %s is safe', (version) => {
  expect(() => assertSafeVersion(version)).not.toThrow();
});

test.each(['0.35.4', '0.34.9', '0.9.0'])(
  'sharp %s is refused, with the version that is needed',
  (version) => {
    expect(() => assertSafeVersion(version)).toThrow('install 0.35.5 or newer');
  },
);

describe('the longest sides in the table are what the encoders take', () => {
  test.each(['jpeg', 'webp', 'avif', 'gif'] as const)('%s', async (format) => {
    const { maxSide } = formats[format];
    const write = (width: number) => plain(width, 1, '#808080').toFormat(format, { effort: 1 }).toBuffer();
    await expect(write(maxSide)).resolves.toBeDefined();
    await expect(write(maxSide + 1)).rejects.toThrow();
  });
});
