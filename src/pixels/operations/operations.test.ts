import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { render } from '../render.ts';
import type { Operation } from '../render-plan.ts';
import { largestDifference, meanDifference, pixelAt, rangeOf } from '../testing/compare.ts';
import { asPipeline, type Pixels, pixelsOf, plain, samplePath, smallPhoto } from '../testing/pictures.ts';
import {
  type Bare,
  fileOf,
  operations,
  output,
  PNG,
  planOf,
  renderOne,
  temporaryFolder,
} from '../testing/plans.ts';

const CAT = samplePath('chelsea.png');

/** The picture in the file after these operations. */
async function changed(path: string, ...list: Bare[]): Promise<Pixels> {
  return pixelsOf((await renderOne(path, operations(...list))).path);
}

const mean = ({ data }: Pixels) => data.reduce((sum, value) => sum + value, 0) / data.length;

/** How much neighbours differ: blur lowers it, sharpening raises it. */
function roughness({ data, width, channels }: Pixels): number {
  let sum = 0;
  for (let at = width * channels; at < data.length; at += 1) {
    sum += Math.abs((data[at] ?? 0) - (data[at - channels] ?? 0));
  }
  return sum / data.length;
}

describe('each operation does what it says', () => {
  test('resize: exactly that size, whatever the proportions', async () => {
    expect(await changed(CAT, { op: 'resize', width: 100, height: 80 })).toMatchObject({
      width: 100,
      height: 80,
    });
    expect(await changed(CAT, { op: 'resize', width: 902, height: 600 })).toMatchObject({
      width: 902,
      height: 600,
    });
  });

  test('resize: as sharp itself does it', async () => {
    const ours = await changed(CAT, { op: 'resize', width: 200, height: 133 });
    const theirs = await sharp(CAT).resize(200, 133, { fit: 'fill', kernel: 'lanczos3' }).raw().toBuffer();
    expect(largestDifference(ours.data, theirs)).toBe(0);
  });

  test.each([
    ['inside', '100x67'],
    ['cover', '100x100'],
    ['exact', '100x100'],
  ] as const)('fit %s into 100 x 100 gives %s', async (fit, size) => {
    const made = await changed(CAT, {
      op: 'fit',
      width: 100,
      height: 100,
      fit,
      position: 'center',
      enlarge: false,
    });
    expect(`${made.width}x${made.height}`).toBe(size);
  });

  test('fit cover keeps the part that the position names', async () => {
    const halves = await fileOf(
      await asPipeline({
        data: Buffer.from(
          Array.from({ length: 40 * 20 }, (_, at) => (at % 40 < 20 ? [255, 0, 0] : [0, 0, 255])).flat(),
        ),
        width: 40,
        height: 20,
        channels: 3,
      })
        .png()
        .toBuffer(),
    );
    const cover = (position: 'left' | 'right') =>
      changed(halves, { op: 'fit', width: 10, height: 10, fit: 'cover', position, enlarge: false });
    expect(pixelAt(await cover('left'), 2, 5)).toEqual([255, 0, 0]);
    expect(pixelAt(await cover('right'), 7, 5)).toEqual([0, 0, 255]);
  });

  test.each(['entropy', 'attention'] as const)('fit cover finds the %s', async (position) => {
    // a cat at the right end of a long grey wall
    const cat = await sharp(CAT).resize(150, 100).toBuffer();
    const wall = await plain(600, 100, '#808080')
      .composite([{ input: cat, left: 440, top: 0 }])
      .png()
      .toBuffer();
    const made = await changed(await fileOf(wall), {
      op: 'fit',
      width: 100,
      height: 100,
      fit: 'cover',
      position,
      enlarge: false,
    });
    expect(roughness(made)).toBeGreaterThan(3);
  });

  test('extract: that box', async () => {
    const photo = await pixelsOf(CAT);
    const made = await changed(CAT, { op: 'extract', left: 30, top: 40, width: 50, height: 20 });
    expect(made).toMatchObject({ width: 50, height: 20 });
    expect(pixelAt(made, 7, 9)).toEqual(pixelAt(photo, 37, 49));
  });

  test('blur smooths and sharpen roughens', async () => {
    const before = roughness(await pixelsOf(CAT));
    expect(roughness(await changed(CAT, { op: 'blur', sigma: 3 }))).toBeLessThan(before / 2);
    const once = roughness(await changed(CAT, { op: 'sharpen', sigma: 1, amount: 1 }));
    const twice = roughness(await changed(CAT, { op: 'sharpen', sigma: 1, amount: 2 }));
    expect(once).toBeGreaterThan(before * 1.1);
    expect(twice).toBeGreaterThan(once * 1.05);
  });

  test('greyscale: equal channels, the luminance of sharp', async () => {
    const made = await changed(CAT, { op: 'greyscale' });
    const theirs = await sharp(CAT).greyscale().raw().toBuffer();
    const threefold = Buffer.from([...theirs].flatMap((value) => [value, value, value]));
    expect(largestDifference(made.data, threefold)).toBe(0);
  });

  test('modulate: brightness, saturation, hue', async () => {
    const flat = await fileOf(await plain(8, 8, '#804020').png().toBuffer());
    const neutral = { brightness: 1, saturation: 1, hue: 0 };
    const [red = 0] = pixelAt(await changed(flat, { op: 'modulate', ...neutral, brightness: 0.5 }), 1, 1);
    expect(red).toBeLessThan(90);
    const [r = 0, g = 0, b = 0] = pixelAt(
      await changed(flat, { op: 'modulate', ...neutral, saturation: 0 }),
      1,
      1,
    );
    expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThanOrEqual(2);
    const [turnedRed = 0, , turnedBlue = 0] = pixelAt(
      await changed(flat, { op: 'modulate', ...neutral, hue: 180 }),
      1,
      1,
    );
    expect(turnedBlue).toBeGreaterThan(turnedRed);
  });

  test.each([2.2, 3, 0.5])('gamma %d: each value to its power', async (gamma) => {
    const grey = await fileOf(await plain(8, 8, '#404040').png().toBuffer());
    const [value = 0] = pixelAt(await changed(grey, { op: 'gamma', gamma }), 1, 1);
    expect(Math.abs(value - 255 * (0x40 / 255) ** (1 / gamma))).toBeLessThanOrEqual(1);
  });

  test('normalise: from dull to the whole range', async () => {
    const dull = await fileOf(await sharp(CAT).linear(0.3, 90).png().toBuffer());
    expect(rangeOf(await pixelsOf(dull))).toBeLessThan(90);
    expect(rangeOf(await changed(dull, { op: 'normalise' }))).toBeGreaterThan(180);
  });

  test('tint: the hue that is named, the lightness that was', async () => {
    const made = await changed(CAT, { op: 'tint', color: '#0000ff' });
    const [red = 0, , blue = 0] = pixelAt(made, 200, 150);
    expect(blue).toBeGreaterThan(red + 20);
  });

  test('rotate by a right angle moves pixels and changes none', async () => {
    const photo = await pixelsOf(CAT);
    const made = await changed(CAT, { op: 'rotate', angle: 90, background: '#ffffff' });
    expect(made).toMatchObject({ width: photo.height, height: photo.width });
    expect(pixelAt(made, photo.height - 1 - 12, 34)).toEqual(pixelAt(photo, 34, 12));
  });

  test('rotate by any angle makes room and fills the corners', async () => {
    const made = await changed(CAT, { op: 'rotate', angle: 30, background: '#00ff00' });
    expect(made.width).toBeGreaterThan(451);
    expect(made.height).toBeGreaterThan(300);
    expect(pixelAt(made, 0, 0)).toEqual([0, 255, 0]);
    const clear = await changed(CAT, { op: 'rotate', angle: 30, background: '#00ff0000' });
    expect(pixelAt(clear, 0, 0)[3]).toBe(0);
  });

  test('rotate does not let the colour of invisible pixels out', async () => {
    const row = Array.from({ length: 60 }, (_, x) => (x < 30 ? [0, 0, 0, 0] : [255, 255, 255, 255])).flat();
    const data = Buffer.from(Array.from({ length: 60 }, () => row).flat());
    const path = await fileOf(
      await asPipeline({ data, width: 60, height: 60, channels: 4 }).png().toBuffer(),
    );
    const made = await changed(path, { op: 'rotate', angle: 20, background: '#00000000' });
    for (let at = 0; at < made.data.length; at += 4) {
      if ((made.data[at + 3] ?? 0) > 16) expect(made.data[at]).toBeGreaterThan(235);
    }
  });

  test('flip: horizontal swaps left and right, vertical top and bottom', async () => {
    const photo = await pixelsOf(CAT);
    expect(pixelAt(await changed(CAT, { op: 'flip', axis: 'horizontal' }), 450 - 7, 9)).toEqual(
      pixelAt(photo, 7, 9),
    );
    expect(pixelAt(await changed(CAT, { op: 'flip', axis: 'vertical' }), 7, 299 - 9)).toEqual(
      pixelAt(photo, 7, 9),
    );
  });

  test('trim: cuts a plain border to within a pixel', async () => {
    const cat = await sharp(CAT).resize(150, 100).toBuffer();
    const framed = await plain(250, 200, '#ffffff')
      .composite([{ input: cat, left: 40, top: 60 }])
      .png()
      .toBuffer();
    const made = await changed(await fileOf(framed), { op: 'trim', threshold: 10 });
    expect(Math.abs(made.width - 150)).toBeLessThanOrEqual(1);
    expect(Math.abs(made.height - 100)).toBeLessThanOrEqual(1);
  });

  test.each([
    [50, 50],
    [1, 1],
    [2, 2],
    [2, 3],
    [50, 1],
    [1, 50],
  ])(
    'trim: leaves %d x %d pixels, all border or too small to have one, as they are',
    async (width, height) => {
      const bare = await fileOf(await plain(width, height, '#ffffff').png().toBuffer());
      expect(await changed(bare, { op: 'trim', threshold: 10 })).toMatchObject({ width, height });
    },
  );

  test('fit: refuses to enlarge a sliver beyond what can be held before most of it is cut off', async () => {
    const sliver = await fileOf(await plain(2, 400, '#ffffff').png().toBuffer());
    const box = { width: 4000, height: 4000, enlarge: true } as const;
    const cover = { op: 'fit', fit: 'cover', position: 'center', ...box } as const;
    await expect(changed(sliver, cover)).rejects.toMatchObject({ code: 'render_too_costly' });
    await expect(changed(sliver, { ...cover, position: 'entropy' })).rejects.toMatchObject({
      code: 'render_too_costly',
    });
  });
});

describe('all operations', () => {
  const all: Operation[] = operations(
    { op: 'orient' },
    { op: 'resize', width: 30, height: 20 },
    { op: 'fit', width: 30, height: 30, fit: 'cover', position: 'top', enlarge: false },
    { op: 'extract', left: 3, top: 4, width: 20, height: 10 },
    { op: 'blur', sigma: 1 },
    { op: 'sharpen', sigma: 1, amount: 1 },
    { op: 'greyscale' },
    { op: 'modulate', brightness: 1.2, saturation: 1.2, hue: 20 },
    { op: 'gamma', gamma: 1.5 },
    { op: 'normalise' },
    { op: 'tint', color: '#804020' },
    { op: 'rotate', angle: 10, background: '#ffffff' },
    { op: 'flip', axis: 'horizontal' },
    { op: 'trim', threshold: 5 },
    {
      op: 'watermark',
      mark: { text: 'x', color: '#ffffff' },
      place: 'center',
      opacity: 1,
      size: 0.5,
      margin: 0,
    },
  );

  test.each(all.map((operation) => [operation.op, operation] as const))(
    '%s keeps alpha, and leaves the frame it works on as it was',
    async (_, operation) => {
      const { data } = await asPipeline(await smallPhoto())
        .ensureAlpha(0.5)
        .raw()
        .toBuffer({ resolveWithObject: true });
      const path = await fileOf(
        await asPipeline({ data, width: 90, height: 60, channels: 4 }).png().toBuffer(),
      );
      const frames = [
        {
          id: 'source',
          from: { decode: 'first' as const },
          operations: [],
          outputs: [output('before', PNG)],
        },
        {
          id: 'changed',
          from: { frame: 'source' },
          operations: [operation],
          outputs: [output('changed', PNG)],
        },
        { id: 'copied', from: { frame: 'source' }, operations: [], outputs: [output('after', PNG)] },
      ];
      const { outputs } = await render(planOf(path, frames), await temporaryFolder());
      const made = outputs.find(({ name }) => name === 'changed');
      const pixels = await pixelsOf(made?.path ?? '');
      expect(pixels.channels).toBe(4);
      if (operation.op !== 'watermark')
        expect(pixelAt(pixels, pixels.width >> 1, pixels.height >> 1)[3]).toBe(127);
      expect(outputs.find(({ name }) => name === 'after')?.sha256).toBe(
        outputs.find(({ name }) => name === 'before')?.sha256,
      );
    },
  );

  test.each(all.map((operation) => [operation.op, operation] as const))(
    '%s bears a single pixel',
    async (_, operation) => {
      const path = await fileOf(await plain(1, 1, '#204060').png().toBuffer());
      if (operation.op === 'extract') return;
      const made = await renderOne(path, [operation]);
      expect(made.width).toBeGreaterThanOrEqual(1);
    },
  );

  test('order is as listed, not as sharp would have it', async () => {
    const extract = { op: 'extract', left: 0, top: 0, width: 100, height: 100 } as const;
    const resize = { op: 'resize', width: 150, height: 100 } as const;
    const cutFirst = await changed(CAT, extract, resize);
    const cutLast = await changed(CAT, resize, extract);
    expect([cutFirst.width, cutLast.width]).toEqual([150, 100]);
    const blurThenMirror = await changed(
      CAT,
      { op: 'gamma', gamma: 2 },
      { op: 'modulate', brightness: 0.5, saturation: 1, hue: 0 },
    );
    const mirrorThenBlur = await changed(
      CAT,
      { op: 'modulate', brightness: 0.5, saturation: 1, hue: 0 },
      { op: 'gamma', gamma: 2 },
    );
    expect(meanDifference(blurThenMirror.data, mirrorThenBlur.data)).toBeGreaterThan(5);
    expect(mean(blurThenMirror)).toBeLessThan(mean(mirrorThenBlur));
  });
});
