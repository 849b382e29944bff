import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { hostileFiles } from '../../test/hostile/bombs.ts';
import { isFailure } from '../failures.ts';
import type { Probe } from './picture.ts';
import { probe } from './probe.ts';
import { frames, samplePath } from './testing/pictures.ts';
import { fileOf, JPEG, LIMITS, operations, renderOne, WEBP } from './testing/plans.ts';

/** What becomes of a file: the code of its refusal, or `ready`. */
async function outcome(bytes: Buffer, decode: 'first' | 'all' = 'first'): Promise<string> {
  const path = await fileOf(bytes);
  try {
    const { viewed } = await probe(path, LIMITS);
    const small = { width: Math.min(64, viewed.width), height: Math.min(64, viewed.height) };
    await renderOne(path, operations({ op: 'orient' }, { op: 'resize', ...small }), WEBP, { decode });
    return 'ready';
  } catch (error) {
    if (isFailure(error)) return error.code;
    throw error;
  }
}

describe('hostile files end as they should', async () => {
  const files = await hostileFiles();
  test.each(files.map((file) => [file.name, file.attack, file] as const))(
    '%s: %s',
    async (_name, _attack, file) => {
      expect(await outcome(file.bytes)).toBe(file.outcome);
    },
  );
});

/** Formats and modes that cut differently from the plain ones; the whole must pass, or the test would prove nothing. */
const kinds: [string, () => Promise<Buffer>][] = [
  ['progressive JPEG', () => photo().jpeg({ progressive: true }).toBuffer()],
  ['interlaced PNG', () => photo().png({ progressive: true }).toBuffer()],
  ['palette PNG', () => photo().png({ palette: true }).toBuffer()],
  ['16-bit PNG', () => photo().toColourspace('rgb16').png().toBuffer()],
  ['lossless WebP', () => photo().webp({ lossless: true }).toBuffer()],
  ['WebP with alpha', () => photo().ensureAlpha(0.5).webp().toBuffer()],
  ['LZW TIFF', () => photo().tiff({ compression: 'lzw' }).toBuffer()],
  ['JPEG in a TIFF', () => photo().tiff({ compression: 'jpeg' }).toBuffer()],
  ['tiled TIFF', () => photo().tiff({ compression: 'deflate', tile: true }).toBuffer()],
  ['JPEG in a tiled TIFF', () => photo().tiff({ compression: 'jpeg', tile: true }).toBuffer()],
  ['animated GIF', async () => (await moving()).gif().toBuffer()],
  ['animated WebP', async () => (await moving()).webp({ lossless: true }).toBuffer()],
];
const photo = () => sharp(samplePath('rocket.jpg')).resize(200);
const moving = () => frames(60, 40, ['#ff0000', '#00ff00', '#0000ff', '#ffff00', '#00ffff', '#ff00ff']);

describe.each(kinds)('a %s', (name, make) => {
  const decode = name.startsWith('animated') ? 'all' : 'first';

  test('is ready when it is whole', async () => {
    expect(await outcome(await make(), decode)).toBe('ready');
  });

  test('is corrupt wherever it is cut', async () => {
    const bytes = await make();
    // shorter than 16 bytes it is not even known for what it is
    const cuts = Array.from({ length: 40 }, (_, index) =>
      Math.max(16, Math.floor((bytes.length * (index + 1)) / 41)),
    );
    const passed: string[] = [];
    for (const cut of [...cuts, bytes.length - 64, bytes.length - 20]) {
      const ended = await outcome(bytes.subarray(0, cut), decode);
      if (ended !== 'image_corrupt') passed.push(`${cut} of ${bytes.length}: ${ended}`);
    }
    expect(passed).toEqual([]);
  });
});

test('a JPEG with bytes after its end, as phones append them, is ready', async () => {
  const jpeg = await photo().jpeg().toBuffer();
  expect(await outcome(Buffer.concat([jpeg, Buffer.alloc(5000, 7)]))).toBe('ready');
});

test('a JPEG with stray bytes before a marker is ready', async () => {
  const jpeg = await photo().jpeg().toBuffer();
  const end = jpeg.length - 2;
  expect(await outcome(Buffer.concat([jpeg.subarray(0, end), Buffer.alloc(3), jpeg.subarray(end)]))).toBe(
    'ready',
  );
});

test('a picture that came past the probe is still bounded when it is decoded', async () => {
  const flood = (await hostileFiles()).find(({ name }) => name === 'flood.jpg');
  const rendering = renderOne(await fileOf(flood?.bytes ?? ''), operations({ op: 'orient' }), JPEG);
  await expect(rendering).rejects.toMatchObject({ code: 'image_too_large' });
});

test('the header of 26,000 frames is read without decoding them', async () => {
  const dots = (await hostileFiles()).find(({ name }) => name === 'dots.gif');
  const path = await fileOf(dots?.bytes ?? '');
  const before = process.cpuUsage();
  const facts: Probe = await probe(path, LIMITS);
  const { user, system } = process.cpuUsage(before);
  expect(facts).toMatchObject({ pages: 26_000, stored: { width: 100, height: 100 } });
  // milliseconds here; decoding takes 80 seconds
  expect((user + system) / 1e6).toBeLessThan(5);
});
