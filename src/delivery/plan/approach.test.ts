import { describe, expect, test } from 'vitest';
import { isFailure } from '../../failures.ts';
import type { Probe } from '../../pixels/picture.ts';
import { operationsOf, planOf, probeOf, stepsOf, wayOf } from './testing/plans.ts';

const LARGE = probeOf({ stored: { width: 4000, height: 3000 } });
/** a phone held upright: 3000 x 4000 to whoever looks at it */
const UPRIGHT = probeOf({ stored: { width: 4000, height: 3000 }, orientation: 6 });

describe('a picture that shrinks is decoded straight to its size', () => {
  test.each<[string, Probe, string]>([
    ['w=400', LARGE, 'decode 400x300, resize 400x300'],
    ['w=400&h=400&fit=crop', LARGE, 'decode 533x400, resize 533x400, extract 400x400@67,0'],
    ['w=400&h=400&fit=min', LARGE, 'decode 533x400, resize 533x400, extract 400x400@67,0'],
    ['w=400&h=400&fit=scale', LARGE, 'decode 400x400, resize 400x400'],
    ['w=400&h=400&fit=fill', LARGE, 'decode 400x300, resize 400x300, canvas 400x400@0,50'],
    ['w=400&h=400&fit=clamp', LARGE, 'decode 400x300, resize 400x300, canvas 400x400@0,50'],
    ['w=400&h=400&fit=fillmax', LARGE, 'decode 400x300, resize 400x300, canvas 400x400@0,50'],
    ['w=400&h=400&fit=crop&crop=entropy', LARGE, 'decode 533x400, resize 533x400, fit 400x400 by entropy'],
    ['w=400&h=400&fit=crop&crop=edges', LARGE, 'decode 533x400, resize 533x400, fit 400x400 by attention'],
    // zoomed in on a point, but still smaller than the source
    [
      'w=400&h=300&fit=crop&crop=focalpoint&fp-z=4&fp-x=0&fp-y=1',
      LARGE,
      'decode 1600x1200, resize 1600x1200, extract 400x300@0,900',
    ],
    // turned by right angles after it has shrunk: the file lies on its side
    ['w=400', UPRIGHT, 'decode 533x400, resize 533x400, orient'],
    ['w=300&h=300&fit=crop', UPRIGHT, 'decode 400x300, resize 400x300, orient, extract 300x300@0,50'],
    ['w=400&orient=1', UPRIGHT, 'decode 400x300, resize 400x300'],
    ['w=400&orient=3', UPRIGHT, 'decode 400x300, resize 400x300, rotate 180'],
    ['w=300&orient=8', LARGE, 'decode 400x300, resize 400x300, rotate 270'],
    ['w=300&orient=5', LARGE, 'decode 400x300, resize 400x300, flip vertical, rotate 90'],
    ['w=300&rot=90', LARGE, 'decode 400x300, resize 400x300, rotate 270'],
    ['w=400&rot=180&flip=h', LARGE, 'decode 400x300, resize 400x300, rotate 180, flip horizontal'],
    ['w=400&rot=270', UPRIGHT, 'decode 400x300, resize 400x300, orient, rotate 90'],
    ['w=400&flip=hv', LARGE, 'decode 400x300, resize 400x300, rotate 180'],
    // what is done to the picture in its size does not hold it up
    ['w=400&blur=50&pad=10', LARGE, 'decode 380x285, resize 380x285, blur, pad'],
    // a share is one of the upright picture
    ['w=0.1', UPRIGHT, 'decode 400x300, resize 400x300, orient'],
  ])('%s', (query, probe, expected) => {
    expect(wayOf(query, probe)).toBe(expected);
  });

  test('a part of it that is cut out is kept at twice its size until it is cut', () => {
    expect(wayOf('rect=1000,500,2000,2000&w=250', LARGE)).toBe(
      'decode 1000x750, resize 1000x750, extract 500x500@250,125, resize 250x250',
    );
  });

  test('cut before it is turned upright, because rect comes first', () => {
    expect(wayOf('rect=0,0,2000,1000&w=100', UPRIGHT)).toBe(
      'decode 800x600, resize 800x600, extract 400x200@0,0, resize 200x100, orient',
    );
  });

  test('turned by a few degrees at twice its size, then brought to it', () => {
    const [way, turned] = [wayOf('w=400&rot=10', LARGE), wayOf('w=400&rot=350&rot-type=pivot', LARGE)];
    expect(way).toMatch(/^decode (\d+)x(\d+), resize \1x\2, straighten 350, resize 400x\d+$/);
    expect(turned).toMatch(/^decode (\d+)x(\d+), resize \1x\2, rotate 10, resize 400x\d+$/);
    for (const text of [way, turned]) {
      const width = Number(/decode (\d+)/.exec(text)?.[1]);
      expect(width).toBeGreaterThan(650);
      expect(width).toBeLessThan(1100);
    }
  });
});

describe('a picture is decoded in full', () => {
  test.each<[string, Probe, string]>([
    ['', LARGE, ''],
    ['fm=webp', UPRIGHT, 'orient'],
    ['w=600', probeOf(), 'resize 600x400'],
    ['w=600&fit=max', probeOf(), ''],
    ['w=600&h=600&fit=fillmax', probeOf(), 'canvas 600x600@150,200'],
    // enlarged from just the part that matters
    ['w=600&h=600&fit=crop', probeOf(), 'extract 208x200@46,0, resize 624x600, extract 600x600@12,0'],
    ['w=600&h=600&fit=crop&crop=entropy', probeOf(), 'fit 200x200 by entropy, resize 600x600'],
    [
      'w=600&h=600&fit=crop&flip=h',
      probeOf(),
      'flip horizontal, extract 208x200@46,0, resize 624x600, extract 600x600@12,0',
    ],
    [
      'w=100&h=100&fit=crop&crop=focalpoint&fp-z=90',
      LARGE,
      'extract 42x42@1979,1479, resize 126x126, extract 100x100@13,13',
    ],
    // to see where its borders are
    ['w=400&trim=auto', LARGE, 'trim, sized clip'],
    ['w=400&trim=auto&rot=90&flip=v', UPRIGHT, 'orient, trim, rotate 270, flip vertical, sized clip'],
    ['w=400&h=400&trim=auto&fit=crop', LARGE, 'trim, sized crop'],
    ['w=400&h=400&trim=auto&fit=fill', LARGE, 'trim, sized clip, sized fillmax'],
    // a part that is hardly larger than what comes out
    ['rect=1000,500,500,500&w=400', LARGE, 'extract 500x500@1000,500, resize 400x400'],
    ['rect=1000,500,500,500', LARGE, 'extract 500x500@1000,500'],
    // turned by a few degrees into about the size that it has
    ['rot=10', LARGE, 'straighten 350, sized clip'],
    ['w=3000&rot=10&rot-type=pivot', LARGE, 'rotate 350, sized clip'],
  ])('%s', (query, probe, expected) => {
    expect(wayOf(query, probe)).toBe(expected);
  });
});

describe('what the pipeline does to every picture', () => {
  const blur = { step: 'filter', blur: 4 };
  const greyscale = { step: 'filter', greyscale: true };
  const flip = { step: 'filter', flip: 'vertical' };
  const oblique = { step: 'filter', rotate: { angle: 10 } };
  const quarter = { step: 'filter', rotate: { angle: 90 } };
  const resize = { step: 'resize', variants: [{ name: 'small', width: 100 }] };
  const mark = { step: 'watermark', text: '(c)' };
  const shrunk = 'decode 400x300, resize 400x300';

  test.each<[string, readonly object[], string]>([
    ['single pixels: after it has shrunk', [greyscale, flip, resize], `${shrunk}, greyscale, flip vertical`],
    ['neighbours: at full size', [blur, greyscale, resize], 'blur, greyscale, resize 400x300'],
    ['after the sizing: there', [resize, blur], `${shrunk}, blur`],
    ['turned by quarters: before the sizing', [resize, quarter], 'rotate 90, resize 400x533'],
    ['turned by other angles: sized by what is there', [resize, oblique], 'rotate 10, sized clip'],
    ['marked: in its size', [mark, resize], `${shrunk}, watermark`],
  ])('%s', (_, steps, expected) => {
    expect(wayOf('w=400', LARGE, { steps: stepsOf(...steps) })).toBe(expected);
  });

  test('nothing tells where the sizing is: filters before it, marks after it', () => {
    const steps = stepsOf(blur, mark, resize).filter(({ step }) => step === 'filter' || step === 'watermark');
    expect(wayOf('w=400', LARGE, { steps })).toBe('blur, resize 400x300, watermark');
  });

  test('lies on the picture and not around it, over the look and under the mark of the request', () => {
    const way = wayOf('w=400&h=400&fit=fill&pad=20&blur=20&sepia=50&txt=Hi&mark=logo&border=4,red', LARGE, {
      steps: stepsOf(resize, mark),
      markPath: '/mark',
    });
    expect(way).toBe(
      'decode 360x270, resize 360x270, sepia, blur, watermark, canvas 360x360@0,45, pad, border, place, write',
    );
  });

  test('an image as a mark needs its file', () => {
    const image = '01890a5d-ac96-774b-bcce-b302099a8057';
    const steps = stepsOf(resize, { step: 'watermark', image });
    expect(operationsOf('w=400', LARGE, { steps, markPaths: { [image]: '/logo' } }).at(-1)).toMatchObject({
      op: 'watermark',
      mark: { path: '/logo' },
    });
    expect(() => planOf('w=400', LARGE, { steps })).toThrow(image);
  });
});

describe('what cannot be done', () => {
  test.each([
    ['rect=5000,0,10,10', 'rect', 'begins outside the picture, which is 4000 x 3000'],
    ['rect=0,3000,10,10', 'rect', 'begins outside'],
    ['w=5000&dpr=2', 'w', '10000 x 7500'],
    ['h=5000&dpr=2', 'h', '13333 x 10000'],
    ['w=8000&h=8000&fit=crop', 'w', '8000 x 8000'],
    ['w=8000&ar=1:1&fit=crop', 'w', '8000 x 8000'],
    ['h=8000&ar=1:1&fit=fill', 'h', '8000 x 8000'],
    ['w=8000&h=8000&fit=fillmax', 'w', '8000 x 8000'],
    ['pad=5000', 'pad', '10001 x 10001'],
    ['pad=3500', 'pad', '7001 x 7001'],
    ['pad-left=8000&pad-top=5000', 'pad', '8001 x 5001'],
    ['w=100&pad=50', 'pad', 'leaves no room for the picture: 100 pixels across and 100 down'],
    ['w=200&h=80&pad-top=80&fit=crop', 'pad', '0 pixels across and 80 down'],
    ['frame=2', 'frame', 'from 1 to 1; got 2'],
  ])('%s answers what is wrong with %s', (query, parameter, words) => {
    expect(() => planOf(query, LARGE)).toThrow(words);
    try {
      planOf(query, LARGE);
    } catch (error) {
      expect(isFailure(error, 'invalid_request') && error.extra).toEqual({ parameter });
    }
  });

  test('a panorama turned by 45 degrees at full size', () => {
    const panorama = probeOf({ stored: { width: 40_000, height: 1000 } });
    expect(() => planOf('rot=45&rot-type=pivot&trim=auto', panorama)).toThrow('canvas of 28');
    expect(() => planOf('w=400&rot=45&rot-type=pivot', panorama)).not.toThrow();
  });
});

describe('what gets too large only because of what the picture is like', () => {
  test.each([
    ['w=8000', { width: 1000, height: 3000 }, '2730 x 8192 pixels instead of 8000 x 24000'],
    ['', { width: 8000, height: 6000 }, '7302 x 5477 pixels instead of 8000 x 6000'],
    ['w=1.0&dpr=3', { width: 4000, height: 3000 }, '7302 x 5477 pixels instead of 12000 x 9000'],
  ])('%s of %o is made smaller, and told', (query, stored, words) => {
    const { notes } = planOf(query, probeOf({ stored }));
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain(words);
  });

  test.each(['w=8192&h=8192&fit=max', 'w=8192&h=4000&fit=crop', 'w=4000&dpr=2&fit=max'])(
    '%s is nothing of the sort',
    (query) => {
      expect(planOf(query, LARGE).notes).toEqual([]);
    },
  );
});
