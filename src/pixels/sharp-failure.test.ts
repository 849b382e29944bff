import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { Failure } from '../failures.ts';
import { type Phase, sharpFailure } from './sharp-failure.ts';
import { plain, samplePath } from './testing/pictures.ts';
import { fileOf } from './testing/plans.ts';

const thrown = (work: Promise<unknown>) => work.then(() => undefined).catch((error: unknown) => error);

describe('what sharp says of real files', () => {
  test.each<[string, string, () => Promise<unknown>]>([
    [
      'image_too_large',
      'more pixels than the limit',
      () => sharp(samplePath('chelsea.png'), { limitInputPixels: 10 }).raw().toBuffer(),
    ],
    ['image_too_large', 'a side that WebP cannot hold', () => plain(20_000, 1, '#000000').webp().toBuffer()],
    ['image_too_large', 'a side that JPEG cannot hold', () => plain(70_000, 1, '#000000').jpeg().toBuffer()],
    ['unsupported_format', 'not a picture', () => sharp(Buffer.from('hello')).raw().toBuffer()],
    ['render_failed', 'a file that is gone', () => sharp('/nonexistent/x.png').raw().toBuffer()],
    [
      'image_corrupt',
      'a PNG cut in two',
      async () =>
        sharp((await sharp(samplePath('chelsea.png')).png().toBuffer()).subarray(0, 5000))
          .raw()
          .toBuffer(),
    ],
    [
      'image_corrupt',
      'a header of zeros',
      async () =>
        sharp(await fileOf(Buffer.concat([Buffer.from('\xff\xd8\xff', 'latin1'), Buffer.alloc(99)])))
          .raw()
          .toBuffer(),
    ],
  ])('%s: %s', async (code, _, work) => {
    const error = await thrown(work());
    expect(error).toBeInstanceOf(Error);
    expect(sharpFailure(error, 'decoding')).toMatchObject({ code, cause: error });
  });
});

describe('texts', () => {
  test.each<[string, Phase, string]>([
    ['render_failed', 'decoding', 'VipsJpeg: out of memory'],
    ['render_failed', 'decoding', 'Could not allocate enough memory for raw output'],
    ['image_too_large', 'decoding', 'heif: Memory allocation error: Security limit exceeded: image size'],
    ['unsupported_format', 'decoding', 'heif: Unsupported feature: Unsupported codec (4.3000)'],
    ['image_corrupt', 'decoding', 'something never heard of'],
    ['render_failed', 'processing', 'something never heard of'],
    ['render_failed', 'encoding', 'something never heard of'],
  ])('%s while %s: %s', (code, phase, text) => {
    expect(sharpFailure(new Error(text), phase).code).toBe(code);
  });

  test('a failure stays what it is', () => {
    const failure = new Failure('invalid_pipeline', 'x');
    expect(sharpFailure(failure, 'decoding')).toBe(failure);
  });

  test('a full disk is a full disk', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(sharpFailure(error, 'encoding').code).toBe('storage_full');
  });
});
