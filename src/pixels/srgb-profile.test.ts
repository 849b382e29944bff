import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { withSrgbProfile } from './srgb-profile.ts';
import { frames, plain, samplePath } from './testing/pictures.ts';

const photo = () => sharp(samplePath('chelsea.png')).resize(61, 41);
const size = { width: 61, height: 41 };

test.each<[string, 'jpeg' | 'webp', () => Promise<Buffer>]>([
  ['jpeg', 'jpeg', () => photo().jpeg().toBuffer()],
  ['progressive jpeg', 'jpeg', () => photo().jpeg({ mozjpeg: true }).toBuffer()],
  [
    'jpeg with EXIF',
    'jpeg',
    () =>
      photo()
        .withExif({ IFD0: { Artist: 'Ann' } })
        .jpeg()
        .toBuffer(),
  ],
  ['webp', 'webp', () => photo().webp().toBuffer()],
  ['lossless webp', 'webp', () => photo().webp({ lossless: true }).toBuffer()],
  ['webp with alpha', 'webp', () => photo().ensureAlpha(0.5).webp().toBuffer()],
  ['lossless webp with alpha', 'webp', () => photo().ensureAlpha(0.5).webp({ lossless: true }).toBuffer()],
  [
    'webp with EXIF',
    'webp',
    () =>
      photo()
        .withExif({ IFD0: { Artist: 'Ann' } })
        .webp()
        .toBuffer(),
  ],
])('%s: the profile goes in, nothing else changes', async (_, format, make) => {
  const bare = await make();
  const profiled = await withSrgbProfile(bare, format, size);
  const [before, after] = await Promise.all([bare, profiled].map((bytes) => sharp(bytes).metadata()));
  const reference = await photo().withIccProfile('srgb').jpeg().toBuffer();
  expect(after?.icc?.equals((await sharp(reference).metadata()).icc ?? Buffer.alloc(0))).toBe(true);
  const { icc: _icc, hasProfile, ...rest } = after ?? {};
  const { hasProfile: hadProfile, ...unchanged } = before ?? {};
  expect([hadProfile, hasProfile]).toEqual([false, true]);
  expect({ ...rest, size: 0 }).toEqual({ ...unchanged, size: 0 });
  const [a, b] = await Promise.all(
    [bare, profiled].map((bytes) => sharp(bytes, { ignoreIcc: true }).raw().toBuffer()),
  );
  expect(a?.equals(b ?? Buffer.alloc(0))).toBe(true);
});

describe('as sharp writes it', () => {
  test('a WebP that it wrote with the profile has the same chunks', async () => {
    const ours = await withSrgbProfile(await photo().webp().toBuffer(), 'webp', size);
    const theirs = await photo().withIccProfile('srgb').webp().toBuffer();
    expect(ours.equals(theirs)).toBe(true);
  });

  test('an animated WebP keeps its frames', async () => {
    const bare = await (await frames(20, 10, ['#ff0000', '#00ff00', '#0000ff']))
      .webp({ delay: [100, 200, 300] })
      .toBuffer();
    const profiled = await withSrgbProfile(bare, 'webp', { width: 20, height: 10 });
    expect(await sharp(profiled).metadata()).toMatchObject({
      pages: 3,
      delay: [100, 200, 300],
      hasProfile: true,
    });
  });

  test('one pixel', async () => {
    const profiled = await withSrgbProfile(await plain(1, 1, '#ffffff').webp().toBuffer(), 'webp', {
      width: 1,
      height: 1,
    });
    expect(await sharp(profiled).metadata()).toMatchObject({ width: 1, height: 1, hasProfile: true });
  });
});
