import { describe, expect, test } from 'vitest';
import { operationsOf } from './testing/plans.ts';

/** What is done to a picture that keeps its size, steps left out. */
function finishOf(query: string, markPath = '/mark') {
  return operationsOf(query, undefined, { markPath }).map(({ step: _, ...operation }) => operation);
}

describe('look', () => {
  test.each<[string, object[]]>([
    ['bri=10', [{ op: 'adjust', bri: 10 }]],
    [
      'bri=10&con=-20&exp=30&gam=-40&sat=50&vib=-60&high=-70&shad=80&hue=90&invert=true',
      [
        {
          op: 'adjust',
          ...{ bri: 10, con: -20, exp: 30, gam: -40, sat: 50, vib: -60, high: -70, shad: 80, hue: 90 },
          invert: true,
        },
      ],
    ],
    ['invert=true', [{ op: 'adjust', invert: true }]],
    ['bri=0&con=0&hue=0&sharp=0&blur=0&px=0', []],
    ['sepia=80', [{ op: 'sepia', amount: 80 }]],
    ['monochrome=44768b', [{ op: 'monochrome', color: '#44768b' }]],
    ['duotone=000080,fa8072', [{ op: 'duotone', dark: '#000080', light: '#fa8072' }]],
    ['sharp=20', [{ op: 'sharpen', sigma: 1, amount: 1 }]],
    ['usm=50', [{ op: 'unsharp', amount: 50, radius: 2.5 }]],
    ['usm=-50&usmrad=5', [{ op: 'unsharp', amount: -50, radius: 5 }]],
    ['blur=200', [{ op: 'blur', sigma: 20 }]],
    ['blur=1', [{ op: 'blur', sigma: 0.3 }]],
    ['blur=2000', [{ op: 'blur', sigma: 200 }]],
    ['px=10', [{ op: 'pixelate', size: 10 }]],
    [
      'px=10&blur=20&sharp=20&sepia=10&monochrome=red&bri=5',
      [
        { op: 'adjust', bri: 5 },
        { op: 'monochrome', color: '#ff0000' },
        { op: 'sepia', amount: 10 },
        { op: 'sharpen', sigma: 1, amount: 1 },
        { op: 'blur', sigma: 2 },
        { op: 'pixelate', size: 10 },
      ],
    ],
  ])('%s', (query, expected) => {
    expect(finishOf(query)).toEqual(expected);
  });
});

describe('frame', () => {
  test.each<[string, object[]]>([
    [
      'pad=20',
      [{ op: 'pad', edges: { top: 20, right: 20, bottom: 20, left: 20 }, fill: { color: '#00000000' } }],
    ],
    [
      'pad-left=5&bg=teal',
      [
        { op: 'pad', edges: { top: 0, right: 0, bottom: 0, left: 5 }, fill: { color: '#008080' } },
        { op: 'flatten', background: '#008080' },
      ],
    ],
    ['bg=teal', [{ op: 'flatten', background: '#008080' }]],
    [
      'border=8,crimson&border-top=2&border-radius=30',
      [
        {
          op: 'border',
          edges: { top: 2, right: 8, bottom: 8, left: 8 },
          color: '#dc143c',
          radii: [30, 30, 30, 30],
        },
      ],
    ],
    ['mask=ellipse', [{ op: 'round', radii: 'ellipse' }]],
    ['mask=corners&corner-radius=40,0,40,0', [{ op: 'round', radii: [40, 0, 40, 0] }]],
    ['mask=corners', [{ op: 'round', radii: [10, 10, 10, 10] }]],
  ])('%s', (query, expected) => {
    expect(finishOf(query)).toEqual(expected);
  });

  test('padding, border, mask, ground', () => {
    const made = finishOf('pad=1&border=1,red&mask=ellipse&bg=blue').map(({ op }) => op);
    expect(made).toEqual(['pad', 'border', 'round', 'flatten']);
  });
});

describe('watermark and text', () => {
  test('with nothing but its name', () => {
    expect(finishOf('mark=logo')).toEqual([
      {
        op: 'place',
        path: '/mark',
        align: { x: 'right', y: 'bottom' },
        fit: 'clip',
        alpha: 1,
        angle: 0,
        pad: 5,
      },
    ]);
  });

  test.each([
    ['mark=logo&mark-scale=0', []],
    ['mark=logo&mark-scale=0&mark-w=9', ['place']],
  ])('%s: as large as it says, and so perhaps not at all', (query, expected) => {
    expect(finishOf(query).map(({ op }) => op)).toEqual(expected);
  });

  test('with all there is', () => {
    const query =
      'mark=logo&mark-align=top,left&mark-alpha=40&mark-w=0.5&mark-h=30&mark-scale=60&mark-fit=crop&mark-pad=7&mark-x=40&mark-y=0&mark-rot=30&mark-tile=grid';
    expect(finishOf(query)).toEqual([
      {
        op: 'place',
        path: '/mark',
        align: { x: 'left', y: 'top' },
        left: 40,
        top: 0,
        width: { share: 0.5 },
        height: { px: 30 },
        scale: 0.6,
        fit: 'crop',
        alpha: 0.4,
        angle: 330,
        pad: 7,
        tile: 'grid',
      },
    ]);
  });

  test('a watermark whose file nobody fetched is our mistake', () => {
    expect(() => operationsOf('mark=logo')).toThrow('no file was given for the watermark logo');
  });

  test('text', () => {
    expect(finishOf('txt=Hello')).toEqual([
      {
        op: 'write',
        text: 'Hello',
        font: 'Inter SemiBold',
        size: 12,
        color: '#000000',
        align: { x: 'right', y: 'bottom' },
        pad: 10,
        shrinkToFit: false,
        shadow: 0,
      },
    ]);
    const all =
      'txt=Hi&txt-size=48&txt-color=gold&txt-align=top,left&txt-pad=3&txt-fit=max&txt-width=0.5&txt-shad=8';
    expect(finishOf(all)).toMatchObject([
      {
        size: 48,
        color: '#ffd700',
        align: { x: 'left', y: 'top' },
        pad: 3,
        shrinkToFit: true,
        width: { share: 0.5 },
        shadow: 8,
      },
    ]);
  });
});

test('all lengths grow with the density, shares do not', () => {
  const query =
    'w=300&dpr=2&blur=20&px=4&usm=10&pad=0&border=3,red&border-radius=6&mask=corners&corner-radius=5&mark=logo&mark-w=10&mark-h=0.5&mark-x=7&txt=Hi&txt-size=10&txt-width=30';
  const [, ...made] = finishOf(query);
  expect(made).toMatchObject([
    { op: 'unsharp', radius: 5 },
    { op: 'blur', sigma: 4 },
    { op: 'pixelate', size: 8 },
    { op: 'border', edges: { top: 6, left: 6 }, radii: [12, 12, 12, 12] },
    { op: 'round', radii: [10, 10, 10, 10] },
    { op: 'place', width: { px: 20 }, height: { share: 0.5 }, left: 14, pad: 10 },
    { op: 'write', size: 20, width: { px: 60 }, pad: 20 },
  ]);
});
