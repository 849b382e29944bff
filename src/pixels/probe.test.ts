import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { probe } from './probe.ts';
import { frames, plain, samplePath } from './testing/pictures.ts';
import { fileOf, LIMITS } from './testing/plans.ts';

const photo = () => sharp(samplePath('rocket.jpg')).resize(90, 60);
const facts = async (bytes: Buffer | string) => probe(await fileOf(bytes), LIMITS);

describe('facts of the header', () => {
  test('of the sample photographs', async () => {
    expect(await probe(samplePath('hubble_deep_field.jpg'), LIMITS)).toMatchObject({
      format: 'jpeg',
      stored: { width: 1000, height: 872 },
      viewed: { width: 1000, height: 872 },
      orientation: 1,
      pages: 1,
      hasAlpha: false,
      depth: 8,
      space: 'srgb',
    });
    expect(await probe(samplePath('chelsea.png'), LIMITS)).toMatchObject({ format: 'png' });
  });

  test.each<[string, Record<string, unknown>, () => Promise<Buffer>]>([
    ['a progressive JPEG', { isProgressive: true }, () => photo().jpeg({ progressive: true }).toBuffer()],
    [
      'a JPEG on its side',
      { orientation: 6, viewed: { width: 60, height: 90 } },
      () => photo().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    ],
    ['alpha', { hasAlpha: true }, () => photo().ensureAlpha().png().toBuffer()],
    ['16 bits', { depth: 16, space: 'rgb16' }, () => photo().toColourspace('rgb16').png().toBuffer()],
    [
      'CMYK with a profile',
      { space: 'cmyk', hasProfile: true },
      () => photo().withIccProfile('cmyk').jpeg().toBuffer(),
    ],
    ['grey', { space: 'b-w' }, () => photo().greyscale().toColourspace('b-w').png().toBuffer()],
    ['AVIF', { format: 'avif', pages: 1 }, () => photo().avif({ effort: 0 }).toBuffer()],
    ['TIFF', { format: 'tiff' }, () => photo().tiff().toBuffer()],
    ['a GIF of one frame', { format: 'gif', pages: 1 }, () => photo().gif().toBuffer()],
  ])('%s', async (_, expected, make) => {
    const known = await facts(await make());
    expect(known).toMatchObject({ stored: { width: 90, height: 60 }, ...expected });
    expect(known.animation).toBeUndefined();
  });

  test('a GIF that says nothing of repeating plays once', async () => {
    const gif = await (await frames(8, 8, ['#ff0000', '#00ff00'])).gif({ loop: 1 }).toBuffer();
    expect((await facts(gif)).animation).toMatchObject({ loop: 1 });
  });
});

describe('refusals', () => {
  test.each<[string, string, string | Buffer]>([
    ['empty_file', 'nothing', ''],
    ['unsupported_format', 'text', 'hello'],
    ['unsupported_format', 'SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
    ['unsupported_format', 'HEIC', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1')],
    ['image_corrupt', 'a PNG signature and no more', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
    ['image_corrupt', 'an AVIF box and no more', Buffer.from('\0\0\0\x18ftypavif\0\0\0\0mif1avif', 'latin1')],
    ['image_corrupt', 'a GIF header and no more', 'GIF89a'],
    ['image_corrupt', 'a TIFF header and no more', 'II*\0'],
  ])('%s: %s', async (code, _, bytes) => {
    await expect(facts(bytes)).rejects.toMatchObject({ code });
  });

  test('a format that this pipeline does not take', async () => {
    const probing = probe(samplePath('chelsea.png'), { ...LIMITS, formats: ['jpeg', 'webp'] });
    await expect(probing).rejects.toThrow('The file is a png. Send one of: jpeg, webp.');
  });

  test('too many pixels: the message says how many and how many may be', async () => {
    const probing = probe(samplePath('hubble_deep_field.jpg'), { ...LIMITS, megapixels: 0.5 });
    await expect(probing).rejects.toMatchObject({ code: 'image_too_large' });
    await expect(probing).rejects.toThrow(
      '1000 x 872 pixels, 0.9 megapixels; at most 0.5 are accepted for jpeg',
    );
  });

  test('a limit of its own for one format', async () => {
    const limits = { ...LIMITS, megapixels: 0.5, megapixelsByFormat: { jpeg: 1 } };
    await expect(probe(samplePath('hubble_deep_field.jpg'), limits)).resolves.toBeDefined();
  });

  test('frames are counted one by one: many small ones are no large picture', async () => {
    const gif = await (
      await frames(
        100,
        100,
        Array.from({ length: 12 }, (_, page) => `rgb(${page * 20},0,0)`),
      )
    )
      .gif()
      .toBuffer();
    const limits = { ...LIMITS, megapixels: 0.02 };
    await expect(probe(await fileOf(gif), limits)).resolves.toMatchObject({ pages: 12 });
  });

  test("a file that is not there is not the sender's fault", async () => {
    await expect(probe('/nonexistent/picture', LIMITS)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('one pixel is enough', async () => {
    expect(await facts(await plain(1, 1, '#ffffff').png().toBuffer())).toMatchObject({
      viewed: { width: 1, height: 1 },
    });
  });
});
