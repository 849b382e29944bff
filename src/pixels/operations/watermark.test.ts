import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { FONTCONFIG_FILE } from '../fonts.ts';
import { textMark } from '../marks/text-mark.ts';
import { POSITIONS, type Position } from '../render-plan.ts';
import { pixelAt, rangeOf } from '../testing/compare.ts';
import { type Pixels, pixelsOf, plain, samplePath } from '../testing/pictures.ts';
import { fileOf, operations, renderOne } from '../testing/plans.ts';
import type { Asked } from './apply.ts';

const MARK = {
  op: 'watermark',
  place: 'center',
  opacity: 1,
  size: 0.25,
  margin: 0,
  mark: { text: '© Me', color: '#ffffff' },
} as const;
type Changes = Partial<Omit<Asked<'watermark'>, 'op' | 'step'>>;

async function marked(
  background: string,
  changes: Changes,
  size = { width: 300, height: 150 },
): Promise<Pixels> {
  const path = await fileOf(await plain(size.width, size.height, background).png().toBuffer());
  return pixelsOf((await renderOne(path, operations({ ...MARK, ...changes }))).path);
}

/** The box of the pixels that are not as the first one, or nothing. */
function touched(pixels: Pixels): { left: number; top: number; right: number; bottom: number } | undefined {
  let box: { left: number; top: number; right: number; bottom: number } | undefined;
  for (let y = 0; y < pixels.height; y += 1) {
    for (let x = 0; x < pixels.width; x += 1) {
      if (isBackground(pixels, x, y)) continue;
      box = {
        left: Math.min(x, box?.left ?? x),
        top: Math.min(y, box?.top ?? y),
        right: Math.max(x, box?.right ?? x),
        bottom: Math.max(y, box?.bottom ?? y),
      };
    }
  }
  return box;
}

const GREY = 0x80;
function isBackground(pixels: Pixels, x: number, y: number): boolean {
  return pixelAt(pixels, x, y)
    .slice(0, 3)
    .every((value) => Math.abs(value - GREY) <= 1);
}

const squareMark = async () => ({ path: await fileOf(await plain(20, 20, '#ff0000').png().toBuffer()) });

describe('a picture as a mark', () => {
  const places: Record<Position, [left: number, top: number]> = {
    'top-left': [6, 6],
    top: [120, 6],
    'top-right': [234, 6],
    left: [6, 45],
    center: [120, 45],
    right: [234, 45],
    'bottom-left': [6, 84],
    bottom: [120, 84],
    'bottom-right': [234, 84],
  };

  // 300 x 150: 0.2 of the width is 60, a margin of 0.04 of the shorter side is 6
  test.each(POSITIONS)('at %s', async (place) => {
    const pixels = await marked('#808080', { mark: await squareMark(), place, size: 0.2, margin: 0.04 });
    const [left, top] = places[place];
    expect(touched(pixels)).toEqual({ left, top, right: left + 59, bottom: top + 59 });
    expect(pixelAt(pixels, left + 30, top + 30)).toEqual([255, 0, 0]);
  });

  test.each([
    [1, [255, 0, 0]],
    [0.5, [192, 64, 64]],
    [0.1, [141, 115, 115]],
  ])('opacity %d', async (opacity, colour) => {
    const pixels = await marked('#808080', { mark: await squareMark(), opacity });
    for (const [channel, value] of pixelAt(pixels, 150, 75).entries()) {
      expect(Math.abs(value - (colour[channel] ?? 0))).toBeLessThanOrEqual(1);
    }
  });

  test('its own transparency counts', async () => {
    const path = await fileOf(await plain(20, 20, '#ff000080', 4).png().toBuffer());
    const [red = 0] = pixelAt(await marked('#808080', { mark: { path } }), 150, 75);
    expect(Math.abs(red - 192)).toBeLessThanOrEqual(1);
  });

  test('shrinks where it is higher than the picture', async () => {
    const path = await fileOf(await plain(10, 400, '#ff0000').png().toBuffer());
    const box = touched(await marked('#808080', { mark: { path }, size: 1 }));
    expect(box).toMatchObject({ top: 0, bottom: 149 });
    expect((box?.right ?? 0) - (box?.left ?? 0)).toBeLessThan(6);
  });

  test('tiles reach every quarter of the picture', async () => {
    const pixels = await marked('#808080', {
      mark: await squareMark(),
      place: 'tile',
      size: 0.1,
      margin: 0.02,
    });
    for (const [fromX, fromY] of [
      [0, 0],
      [150, 0],
      [0, 75],
      [150, 75],
    ] as const) {
      let covered = 0;
      for (let y = fromY; y < fromY + 75; y += 1) {
        for (let x = fromX; x < fromX + 150; x += 1) if (!isBackground(pixels, x, y)) covered += 1;
      }
      expect(covered / (150 * 75)).toBeGreaterThan(0.05);
      expect(covered / (150 * 75)).toBeLessThan(0.6);
    }
  });

  test.each([
    ['text', 'hello'],
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
  ])('%s is no mark: the pipeline is at fault, not the sender', async (_, bytes) => {
    const marking = marked('#808080', { mark: { path: await fileOf(bytes) } });
    await expect(marking).rejects.toMatchObject({ code: 'invalid_pipeline' });
  });

  test('on a transparent picture it adds what it covers', async () => {
    const path = await fileOf(await plain(300, 150, '#00000000', 4).png().toBuffer());
    const made = await renderOne(path, operations({ ...MARK, mark: await squareMark(), opacity: 0.5 }));
    const pixels = await pixelsOf(made.path);
    expect(pixelAt(pixels, 150, 75)).toEqual([255, 0, 0, 128]);
    expect(pixelAt(pixels, 5, 5)[3]).toBe(0);
  });
});

describe('a text as a mark', () => {
  test.each([0.1, 0.5, 1])('is %d of the width of the picture', async (size) => {
    const box = touched(await marked('#808080', { size }, { width: 600, height: 300 }));
    const width = (box?.right ?? 0) - (box?.left ?? 0) + 1;
    // the halo fades out before its edge
    expect(width / 600).toBeGreaterThan(size * 0.85);
    expect(width / 600).toBeLessThanOrEqual(size);
  });

  test.each([
    ['white on white', '#ffffff', '#ffffff'],
    ['white on black', '#000000', '#ffffff'],
    ['black on black', '#000000', '#000000'],
    ['black on white', '#ffffff', '#000000'],
  ])('%s can be read: there is contrast inside the mark', async (_, background, color) => {
    const pixels = await marked(background, { mark: { text: 'Darkroom', color }, size: 0.5, opacity: 0.6 });
    expect(rangeOf(pixels)).toBeGreaterThan(80);
  });

  test('what looks like markup is text', async () => {
    const plainText = await textMark('a<b>&c', '#ffffff', { width: 200, height: 100 });
    const bold = await textMark('ac', '#ffffff', { width: 200, height: 100 });
    expect(plainText.data.equals(bold.data)).toBe(false);
    await expect(textMark('</span><b', '#ffffff', { width: 200, height: 100 })).resolves.toBeDefined();
  });

  test.each([
    ['one pixel wide', { width: 1, height: 1 }],
    ['very low', { width: 500, height: 3 }],
    ['large', { width: 3000, height: 2000 }],
  ])('fits a room that is %s', async (_, room) => {
    const mark = await textMark('© Darkroom 2026\nall rights', '#ffffff', room);
    expect(mark.width).toBeLessThanOrEqual(room.width);
    expect(mark.height).toBeLessThanOrEqual(room.height);
    expect(mark.data.length).toBe(mark.width * mark.height * 4);
  });

  test.each(['   ', '\u200b', '\n'])('a text with nothing to draw (%j) is refused', async (text) => {
    const marking = marked('#808080', { mark: { text, color: '#ffffff' } });
    await expect(marking).rejects.toMatchObject({ code: 'invalid_pipeline' });
  });
});

/** Of the mark below, drawn with the font that ships with Darkroom: any other font gives another. */
const KNOWN = '9ce6b026bceb1b30dae7ddf5f195aeb1c2f43f86577d2e70ba7338abbd68ad59';

test('the same pixels on a machine without fonts or a home', () => {
  const mark = fileURLToPath(new URL('../marks/text-mark.ts', import.meta.url));
  const script = `
    import { createHash } from 'node:crypto';
    import { textMark } from ${JSON.stringify(mark)};
    const { data } = await textMark('© Ångström & Жук, 2026', '#ffcc00', { width: 400, height: 200 });
    console.log(createHash('sha256').update(data).digest('hex'));`;
  const drawnWith = (env: NodeJS.ProcessEnv) =>
    execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  expect(drawnWith({ FONTCONFIG_FILE, HOME: '/nonexistent', XDG_DATA_HOME: '/nonexistent' })).toBe(KNOWN);
  expect(drawnWith({ FONTCONFIG_FILE })).toBe(KNOWN);
});

test('the sample photographs take a mark', async () => {
  for (const name of ['astronaut.png', 'rocket.jpg'] as const) {
    const made = await renderOne(
      samplePath(name),
      operations({ ...MARK, place: 'bottom-right', opacity: 0.6, size: 0.3, margin: 0.02 }),
    );
    const [before, after] = [
      await sharp(samplePath(name)).raw().toBuffer(),
      (await pixelsOf(made.path)).data,
    ];
    expect(createHash('sha256').update(before).digest('hex')).not.toBe(
      createHash('sha256').update(after).digest('hex'),
    );
  }
});
