import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { distance, pixelAt } from '../../pixels/testing/compare.ts';
import { pixelsOf } from '../../pixels/testing/pictures.ts';
import { stepsOf } from './testing/plans.ts';
import { type Original, openStudio, type Studio } from './testing/studio.ts';
import { cardLying, cardPixels, seen } from './testing/test-card.ts';

/** Plans carried out: what turns, cuts and frames do to the pixels of the test card. */

let studio: Studio;
let card: Original;
let upright: Original;

beforeAll(async () => {
  studio = await openStudio();
  card = await studio.keep(await cardLying(1, { tagged: true }));
  upright = await studio.keep(await cardLying(6, { tagged: true }));
});

afterAll(() => studio.close());

async function seenOf(query: string, original = card, format = 'png') {
  const { path } = await studio.make(original, query, format);
  return seen(path);
}

describe('turned', () => {
  test.each([
    // counter-clockwise: what was at the right is on top
    ['rot=90', '160x240', 'GGY/GGY/RRB'],
    ['rot=180', '240x160', 'YYB/GGR/GGR'],
    ['rot=270', '160x240', 'BRR/YGG/YGG'],
    ['flip=h', '240x160', 'GGR/GGR/YYB'],
    ['flip=v', '240x160', 'BYY/RGG/RGG'],
    ['flip=hv', '240x160', 'YYB/GGR/GGR'],
    ['rot=90&flip=h', '160x240', 'YGG/YGG/BRR'],
    // before it is cut
    ['rot=90&w=40&h=20&fit=crop&crop=bottom', '40x20', 'RRB/RRB/RRB'],
    ['flip=h&w=20&h=40&fit=crop&crop=left', '20x40', 'GGG/GGG/YYY'],
    ['rot=180&w=300&h=120&fit=crop&crop=top', '300x120', 'YYB/YYB/GGR'],
  ])('%s is %s, %s', async (query, size, colours) => {
    expect(await seenOf(query)).toEqual({ size, colours });
    expect(await seenOf(query, upright)).toEqual({ size, colours });
  });

  test('counter-clockwise by other angles too', async () => {
    expect(await seenOf('rot=60')).toMatchObject({ colours: 'GGG/GGY/RBB' });
    expect(await seenOf('rot=60&w=60')).toMatchObject({ colours: 'GGG/GGY/RBB' });
    expect(await seenOf('rot=300')).toMatchObject({ colours: 'RRR/YGG/YYG' });
  });

  test.each(['w=120&rot=5', 'w=120&h=80&fit=crop&rot=355', 'w=240&rot=10'])(
    '%s has no empty corner',
    async (query) => {
      const { colours, size } = await seenOf(query);
      expect(colours).toMatch(/^R.G\/.*\/B.Y$/);
      expect(size).toMatch(/^(120|240)x/);
    },
  );

  test.each([
    ['w=120&rot=45&rot-type=pivot', 'KKK/KGK/KKK', 'png'],
    ['w=120&rot=45&rot-type=pivot&bg=blue', 'BBB/BGB/BBB', 'png'],
    ['w=120&rot=45&rot-type=pivot', 'WWW/WGW/WWW', 'jpg'],
    ['rot=45&rot-type=pivot', 'KKK/KGK/KKK', 'png'],
  ])('%s has its corners in the ground: %s', async (query, colours, format) => {
    expect((await seenOf(query, card, format)).colours).toBe(colours);
  });
});

describe('the ground', () => {
  const GREEN = [0, 255, 0, 255] as const;
  const HALF = [0, 255, 0, 128] as const;

  test.each([
    // see-through once, not once for each that lays it
    ['pad=20&bg=8000ff00', HALF],
    ['w=100&h=160&fit=fill&bg=8000ff00', HALF],
    ['w=400&h=400&fit=fillmax&bg=8000ff00', HALF],
    ['trim=auto&w=100&h=160&fit=fill&bg=8000ff00', HALF],
    ['rot=45&rot-type=pivot&bg=8000ff00', HALF],
    ['mask=ellipse&bg=8000ff00', HALF],
    ['w=100&h=160&fit=fill&fill-color=8000ff00', HALF],
    // and no part of the picture, whose look it has not
    ['rot=45&rot-type=pivot&bg=00ff00&sepia=100', GREEN],
    ['rot=45&rot-type=pivot&bg=00ff00&invert=true', GREEN],
    ['w=100&h=160&fit=fill&bg=00ff00&sepia=100', GREEN],
    ['pad=20&bg=00ff00&sepia=100', GREEN],
  ])('of %s is %s in the corner', async (query, expected) => {
    const { path } = await studio.make(card, query, 'png');
    expect(await cornerOf(path)).toEqual(expected);
  });

  async function cornerOf(path: string) {
    const corner = sharp(path).extract({ left: 1, top: 1, width: 1, height: 1 });
    return [...(await corner.ensureAlpha().raw().toBuffer())];
  }
});

describe('cut out by rect, before it is turned upright', () => {
  test.each([
    ['rect=0,0,96,88', '96x88', 'RRR/RRR/RRR'],
    ['rect=0,88,96,full&w=20', '20x15', 'BBB/BBB/BBB'],
    ['rect=0.4,0.0,0.6,0.55&w=60', '60x37', 'GGG/GGG/GGG'],
    ['rect=left,bottom,0.4,0.45', '96x72', 'BBB/BBB/BBB'],
    ['rect=right,top,0.6,0.55&w=16', '16x10', 'GGG/GGG/GGG'],
    ['rect=center,middle,60,60', '60x60', 'RGG/RGG/BYY'],
    ['rect=215,100,900,900', '25x60', 'YYY/YYY/YYY'],
    ['rect=0,0,96,full&w=32&h=40&fit=crop&crop=bottom', '32x40', 'RRR/BBB/BBB'],
    ['rect=0,0,96,88&w=300', '300x275', 'RRR/RRR/RRR'],
  ])('%s is %s, %s', async (query, size, colours) => {
    expect(await seenOf(query)).toEqual({ size, colours });
  });

  test('of a file that lies on its side', async () => {
    // stored as 160 x 240, its left side on top
    expect(await seenOf('rect=0,0,0.45,1.0', upright)).toEqual({ size: '240x72', colours: 'RGG/RGG/RGG' });
    expect(await seenOf('rect=0,0,0.45,1.0&w=30', upright)).toEqual({ size: '30x9', colours: 'RGG/RGG/RGG' });
  });
});

describe('trimmed', () => {
  test.each([
    ['trim=auto', '240x160', 'RGG/RGG/BYY'],
    ['trim=auto&w=60', '60x40', 'RGG/RGG/BYY'],
    ['trim=auto&w=60&h=60&fit=fill', '60x60', 'WWW/RGG/WWW'],
    ['trim=auto&w=20&h=40&fit=crop&crop=right', '20x40', 'GGG/GGG/YYY'],
    ['trim=color&trim-color=white&trim-tol=20', '240x160', 'RGG/RGG/BYY'],
    ['trim=color&trim-color=black&trim-tol=20', '280x200', 'WWW/RGG/WWW'],
    ['trim=auto&pad=40&bg=red', '320x240', 'RRR/RGR/RRR'],
    ['trim=auto&rot=90', '160x240', 'GGY/GGY/RRB'],
  ])('%s is %s, %s', async (query, size, colours) => {
    const border = { top: 20, bottom: 20, left: 20, right: 20, background: '#ffffff' };
    const bordered = await studio.keep(await cardPixels().extend(border).png().toBuffer());
    expect(await seenOf(query, bordered)).toEqual({ size, colours });
  });

  test('where there is room for a border', async () => {
    const sliver = await studio.keep(await cardPixels().resize(60, 2, { fit: 'fill' }).png().toBuffer());
    expect(await seenOf('trim=auto', sliver)).toMatchObject({ size: '60x2' });
  });
});

describe('framed', () => {
  test.each([
    // without a box padding adds to the size, with one it is inside
    ['pad=40&bg=blue', '320x240', 'BBB/BGB/BBB'],
    ['w=120&pad=20&bg=blue', '120x93', 'BBB/BGB/BBB'],
    ['w=120&h=120&fit=crop&pad=20&bg=blue', '120x120', 'BBB/BGB/BBB'],
    ['w=120&h=120&fit=fill&fill-color=red&pad=20&bg=blue', '120x120', 'BBB/BGB/BBB'],
    ['w=60&dpr=2&pad=10&bg=blue', '120x93', 'BBB/BGB/BBB'],
    ['pad-left=60&bg=blue', '300x160', 'BRG/BRG/BBY'],
    ['pad=40', '320x240', 'KKK/KGK/KKK'],
    // drawn inside the edges
    ['border=30,blue', '240x160', 'BBB/BGB/BBB'],
    ['w=120&border=15,blue', '120x80', 'BBB/BGB/BBB'],
    ['mask=ellipse', '240x160', 'KGK/RGG/KYK'],
    ['mask=ellipse&bg=red', '240x160', 'RGR/RGG/RYR'],
    ['mask=corners&corner-radius=80', '240x160', 'KGK/RGG/KYK'],
  ])('%s is %s, %s', async (query, size, colours) => {
    expect(await seenOf(query)).toEqual({ size, colours });
  });

  test('the ground of a box keeps its colour, whatever the look', async () => {
    const { path } = await studio.make(card, 'w=60&h=60&fit=fill&fill-color=ff8000&invert=true', 'png');
    expect(pixelAt(await pixelsOf(path), 30, 4).slice(0, 3)).toEqual([255, 128, 0]);
  });
});

describe('an animation', () => {
  let moving: Original;

  beforeAll(async () => {
    const pages = ['RGBY', 'GRYB', 'BYRG'].map((quarters) => cardPixels(quarters).raw().toBuffer());
    const raw = { width: 240, height: 480, channels: 3, pageHeight: 160 } as const;
    const card = sharp(Buffer.concat(await Promise.all(pages)), { raw, animated: true });
    moving = await studio.keep(await card.gif({ delay: [100, 200, 300], loop: 2 }).toBuffer());
  });

  test.each(['gif', 'webp'])('moves in a %s, each page sized and cut alike', async (format) => {
    const { path, pages } = await studio.make(moving, 'w=20&h=40&fit=crop&crop=left&flip=v', format);
    expect(pages).toBe(3);
    expect(await sharp(path).metadata()).toMatchObject({ delay: [100, 200, 300], loop: 2, pages: 3 });
    expect(await seen(path, 0)).toEqual({ size: '20x40', colours: 'BBB/RRR/RRR' });
    expect(await seen(path, 1)).toEqual({ size: '20x40', colours: 'YYY/GGG/GGG' });
    expect(await seen(path, 2)).toEqual({ size: '20x40', colours: 'RRR/BBB/BBB' });
  });

  test.each([
    ['', 'jpg', 'RGG/RGG/BYY'],
    ['frame=1', 'webp', 'RGG/RGG/BYY'],
    ['frame=2', 'webp', 'GRR/GRR/YBB'],
    ['frame=3', 'png', 'BYY/BYY/RGG'],
  ])('%s as a %s is a still', async (query, format, colours) => {
    const made = await studio.make(moving, `${query}&w=60`, format);
    expect(made.pages).toBe(1);
    expect(await seen(made.path)).toEqual({ size: '60x40', colours });
  });
});

describe('shrunk while it is decoded', () => {
  test.each([
    ['w=60', 1],
    ['w=60&h=60&fit=crop', 1],
    ['rect=24,16,192,128&w=48', 1],
    // turned at twice its size instead of five times
    ['w=50&rot=20&rot-type=pivot', 4],
  ])('%s looks as if it had been shrunk afterwards, to a distance of %i', async (query, most) => {
    // the pipeline's blur of next to nothing wants to see the picture at full size
    const steps = stepsOf(
      { step: 'filter', blur: 0.3 },
      { step: 'resize', variants: [{ name: 'a', width: 1 }] },
    );
    const [ahead, after] = [
      await studio.make(card, query, 'png'),
      await studio.make(card, query, 'png', { steps }),
    ];
    expect(ahead).toMatchObject({ width: after.width, height: after.height });
    expect(await distance(ahead.path, after.path)).toBeLessThan(most);
  });
});

describe('an unsigned picture carries what the pipeline puts on it', () => {
  const steps = () =>
    stepsOf(
      { step: 'filter', greyscale: true },
      { step: 'resize', variants: [{ name: 'a', width: 100 }] },
      { step: 'watermark', text: 'MINE', color: '#ff0000', opacity: 1, size: 0.5 },
    );

  test.each([
    'w=120',
    'w=60&h=60&fit=crop&crop=top,left',
    'rect=0,0,0.5,0.5&w=100',
    'w=100&blur=2000&sat=-100',
    'w=200&h=200&fit=fill',
    'trim=auto&w=120',
    'pad=200',
  ])('%s', async (query) => {
    const { path } = await studio.make(card, query, 'png', { steps: steps() });
    const { data, channels } = await pixelsOf(path);
    let red = 0;
    let coloured = 0;
    for (let at = 0; at < data.length; at += channels) {
      const [r = 0, g = 0, b = 0] = data.subarray(at, at + 3);
      if (r > 200 && g < 60 && b < 60) red += 1;
      else if (r < g - 20 || b > r + 20) coloured += 1;
    }
    expect(red).toBeGreaterThan(20);
    expect(coloured).toBe(0);
  });
});
