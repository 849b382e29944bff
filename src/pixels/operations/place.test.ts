import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Raster } from '../raster.ts';
import type { PlaceOperation } from '../render-plan.ts';
import { pixelAt } from '../testing/compare.ts';
import { asPipeline, frames, plain } from '../testing/pictures.ts';
import { fileOf } from '../testing/plans.ts';
import {
  changed,
  changedExtent,
  drawnRaster,
  type Extent,
  plainRaster,
  sizeText,
} from '../testing/rasters.ts';

const WIDTH = 200;
const HEIGHT = 100;

/** Red, 40 x 20. */
const redMark = async () => fileOf(await plain(40, 20, '#ff0000').png().toBuffer());

/** Red above blue, 40 x 20. */
const flag = () =>
  asPipeline(drawnRaster(40, 20, (_x, y) => (y < 10 ? [255, 0, 0] : [0, 0, 255])))
    .png()
    .toBuffer();

interface Placed {
  readonly made: Raster;
  /** what the mark covers */
  readonly extent: Extent | undefined;
}

/** A mark on a grey picture. */
async function placed(asked: Partial<PlaceOperation>): Promise<Placed> {
  const picture = await plainRaster(WIDTH, HEIGHT, '#808080');
  const made = await changed(picture, {
    op: 'place',
    path: asked.path ?? (await redMark()),
    align: { x: 'right', y: 'bottom' },
    fit: 'clip',
    alpha: 1,
    angle: 0,
    pad: 5,
    ...asked,
  });
  return { made, extent: changedExtent(picture, made) };
}

function box(left: number, top: number, width: number, height: number): Extent {
  return { left, top, right: left + width - 1, bottom: top + height - 1 };
}

describe('where', () => {
  const columns = { left: 5, center: 80, right: 155 } as const;
  const rows = { top: 5, middle: 40, bottom: 75 } as const;
  const aligns = (['left', 'center', 'right'] as const).flatMap((x) =>
    (['top', 'middle', 'bottom'] as const).map((y) => [y, x] as const),
  );
  test.each(aligns)('%s, %s', async (y, x) => {
    const { extent } = await placed({ align: { x, y } });
    expect(extent).toEqual(box(columns[x], rows[y], 40, 20));
  });

  test('left and top are pixels from the edges, each in the place of its alignment', async () => {
    expect((await placed({ left: 17, top: 3 })).extent).toEqual(box(17, 3, 40, 20));
    expect((await placed({ left: 0 })).extent).toEqual(box(0, 75, 40, 20));
    expect((await placed({ top: 0 })).extent).toEqual(box(155, 0, 40, 20));
    expect((await placed({ left: 190, top: 95 })).extent).toEqual(box(190, 95, 10, 5));
    expect((await placed({ left: 500 })).extent).toBeUndefined();
  });
});

describe('how large', () => {
  const box80 = { width: { px: 80 }, height: { px: 80 } };
  test.each([
    ['its own size', {}, '40x20'],
    ['a width', { width: { px: 60 } }, '60x30'],
    ['a height', { height: { px: 30 } }, '60x30'],
    ['a share of the width of the picture', { width: { share: 0.5 } }, '100x50'],
    ['a share of its height', { height: { share: 0.5 } }, '100x50'],
    ['a scale', { scale: 0.25 }, '50x25'],
    ['a width before a scale', { width: { px: 60 }, scale: 0.1 }, '60x30'],
    ['clip', { ...box80, fit: 'clip' }, '80x40'],
    ['max', { ...box80, fit: 'max' }, '40x20'],
    ['crop', { ...box80, fit: 'crop' }, '80x80'],
    ['scale', { ...box80, fit: 'scale' }, '80x80'],
    ['crop with one side', { width: { px: 80 }, fit: 'crop' }, '80x40'],
    ['max with one side', { width: { px: 80 }, fit: 'max' }, '40x20'],
    ['no larger than the room between the paddings', { width: { px: 8000 } }, '180x90'],
    ['no higher than that either', { height: { share: 1 }, pad: 20 }, '120x60'],
  ] as const)('%s', async (_, asked, size) => {
    const { extent } = await placed(asked);
    expect(extent && `${extent.right - extent.left + 1}x${extent.bottom - extent.top + 1}`).toBe(size);
  });

  test('fill: inside its box, and nothing around it', async () => {
    const { extent } = await placed({ ...box80, fit: 'fill', align: { x: 'left', y: 'top' } });
    expect(extent).toEqual(box(5, 25, 80, 40));
  });

  test('a mark that is larger than the picture is made to fit', async () => {
    const path = await fileOf(await plain(900, 300, '#ff0000').png().toBuffer());
    expect((await placed({ path })).extent).toEqual(box(5, 32, 190, 63));
  });
});

describe('how it looks', () => {
  test('alpha is how much of it shows', async () => {
    const { made } = await placed({ alpha: 0.5 });
    expect(pixelAt(made, 170, 85)).toEqual([192, 64, 64]);
  });

  test('its own transparency counts', async () => {
    const path = await fileOf(await plain(40, 20, '#ff000080', 4).png().toBuffer());
    expect(pixelAt((await placed({ path })).made, 170, 85)).toEqual([192, 64, 64]);
    expect(pixelAt((await placed({ path, alpha: 0.5 })).made, 170, 85)).toEqual([160, 96, 96]);
  });

  test('is turned clockwise, and its corners hide nothing', async () => {
    const path = await fileOf(await flag());
    const { made, extent } = await placed({ path, angle: 90, align: { x: 'left', y: 'top' } });
    expect(extent).toEqual(box(5, 5, 20, 40));
    expect(pixelAt(made, 8, 20)).toEqual([0, 0, 255]);
    expect(pixelAt(made, 21, 20)).toEqual([255, 0, 0]);
    const oblique = await placed({ angle: 45, align: { x: 'left', y: 'top' } });
    expect(pixelAt(oblique.made, 6, 6)).toEqual([128, 128, 128]);
    expect(pixelAt(oblique.made, 26, 26)).toEqual([255, 0, 0]);
  });

  test('lies upright, whatever its EXIF says', async () => {
    const turned = await sharp(await flag())
      .jpeg({ quality: 100 })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const { extent } = await placed({ path: await fileOf(turned), align: { x: 'left', y: 'top' } });
    expect(extent).toMatchObject({ left: 5, top: 5, right: 24, bottom: 44 });
  });

  test('an animation gives its first page', async () => {
    const moving = await (await frames(40, 20, ['#ff0000', '#00ff00'])).gif({ delay: [50, 50] }).toBuffer();
    const { made, extent } = await placed({ path: await fileOf(moving) });
    expect(extent).toEqual(box(155, 75, 40, 20));
    expect(pixelAt(made, 170, 85)).toEqual([255, 0, 0]);
  });
});

describe('tile=grid', () => {
  test('repeats in both directions from where it lies, with the padding between, to the very edges', async () => {
    const { made } = await placed({ tile: 'grid', align: { x: 'left', y: 'top' } });
    const isMark = (x: number, y: number) => (x + 40) % 45 < 40 && (y + 20) % 25 < 20;
    for (let y = 0; y < HEIGHT; y += 1) {
      for (let x = 0; x < WIDTH; x += 1) {
        expect(pixelAt(made, x, y)).toEqual(isMark(x, y) ? [255, 0, 0] : [128, 128, 128]);
      }
    }
  });

  test('one of them is where it would be by itself', async () => {
    for (const align of [{ x: 'right', y: 'bottom' } as const, { x: 'center', y: 'middle' } as const]) {
      const alone = await placed({ align });
      const { made } = await placed({ align, tile: 'grid' });
      const { left = 0, top = 0, right = 0, bottom = 0 } = alone.extent ?? {};
      expect(pixelAt(made, left, top)).toEqual([255, 0, 0]);
      expect(pixelAt(made, right, bottom)).toEqual([255, 0, 0]);
      expect(pixelAt(made, left - 1, top)).toEqual([128, 128, 128]);
      expect(pixelAt(made, right, top - 1)).toEqual([128, 128, 128]);
    }
  });

  test('without padding it covers all, a single pixel of a mark too', async () => {
    const path = await fileOf(await plain(1, 1, '#ff0000').png().toBuffer());
    const { made } = await placed({ path, tile: 'grid', pad: 0 });
    expect(new Set(made.data)).toEqual(new Set([255, 0]));
    expect(sizeText(made)).toBe('200x100');
  });
});

test.each([
  ['that is no picture', 'not a picture'],
  ['that is missing', undefined],
])('a file %s is the fault of the request', async (_, content) => {
  const path = content === undefined ? '/nonexistent' : await fileOf(content);
  await expect(placed({ path })).rejects.toMatchObject({
    code: 'invalid_request',
    extra: { parameter: 'mark' },
  });
});
