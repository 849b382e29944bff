import { describe, expect, test } from 'vitest';
import type { Probe } from '../../pixels/picture.ts';
import { animationOf, frameOf, planOf, probeOf } from './testing/plans.ts';

const SMALL = animationOf(10);

describe('what moves', () => {
  test.each<[string, Probe, object]>([
    ['fm=webp', SMALL, { decode: 'all' }],
    ['fm=gif', SMALL, { decode: 'all' }],
    ['', SMALL, { decode: 'all' }],
    ['fm=webp', animationOf(300), { decode: 'all' }],
    ['fm=webp', probeOf(), { decode: 'first' }],
    // formats that stand still
    ['fm=jpg', SMALL, { decode: 'first' }],
    ['fm=png', SMALL, { decode: 'first' }],
    ['fm=avif', SMALL, { decode: 'first' }],
    // one frame of it
    ['fm=webp&frame=1', SMALL, { decode: 'first' }],
    ['fm=webp&frame=10', SMALL, { decode: 'first', page: 10 }],
  ])('%s', (query, probe, from) => {
    const { plan, notes } = planOf(query, probe);
    expect(plan.frames[0]?.from).toEqual(from);
    expect(notes).toEqual([]);
  });

  test('a smaller one is decoded to its size, all pages of it', () => {
    expect(frameOf('fm=webp&w=150', SMALL).from).toEqual({
      decode: 'all',
      shrinkTo: { width: 150, height: 100 },
    });
  });
});

describe('what is too much to move is a still, and says why', () => {
  test.each<[string, Probe, string]>([
    [
      'fm=webp',
      animationOf(301),
      'animation too long, 301 frames where 300 are allowed: a still of its first frame',
    ],
    [
      'fm=gif&w=100',
      animationOf(11, { stored: { width: 4000, height: 2500 } }),
      'animation too large, 110 megapixels in all where 100 are allowed: a still of its first frame',
    ],
    // only because it is made larger
    [
      'fm=gif&w=4000&h=2600&fit=fill',
      SMALL,
      'animation too large, 104 megapixels in all where 100 are allowed: a still of its first frame',
    ],
    // only because of what is around it
    [
      'fm=gif&pad=2000',
      SMALL,
      'animation too large, 181 megapixels in all where 100 are allowed: a still of its first frame',
    ],
  ])('%s', (query, probe, note) => {
    const { plan, notes } = planOf(query, probe);
    expect(plan.frames[0]?.from).toMatchObject({ decode: 'first' });
    expect(notes).toEqual([note]);
  });

  test('as large as it may be', () => {
    const probe = animationOf(10, { stored: { width: 4000, height: 2500 } });
    expect(planOf('fm=webp', probe).notes).toEqual([]);
  });
});

describe('a frame that is not there', () => {
  test.each([
    [SMALL, 11, 'frame must be from 1 to 10; got 11'],
    [probeOf(), 2, 'frame must be from 1 to 1; got 2'],
  ] as const)('of %o', (probe, page, words) => {
    expect(() => planOf(`frame=${page}`, probe)).toThrow(words);
  });
});
