import type { Edges } from '../../request.ts';
import { about, together } from './cases.ts';

const EDGES = ['top', 'right', 'bottom', 'left'] as const;
const PIXELS = 'must be a whole number from 0 to 8192; got';
const RADII = 'must be one or four whole numbers from 0 to 8192, by comma; got';

function all(size: number): Edges {
  return { top: size, right: size, bottom: size, left: size };
}

export const frameCases = together(
  about(
    'bg',
    [
      ['a colour', 'bg=fff', { frame: { background: '#ffffff' } }],
      ['half transparent', 'bg=80000000', { frame: { background: '#00000080' } }],
    ],
    [['no colour', 'bg=none', 'bg must be a colour']],
  ),
  about(
    'pad',
    [
      ['all around', 'pad=20', { frame: { pad: all(20) } }],
      ['0 is none', 'pad=0', { frame: { pad: undefined } }],
    ],
    [
      ['inwards', 'pad=-5', `pad ${PIXELS} "-5".`],
      ['as in CSS', 'pad=5px 10px', `pad ${PIXELS} "5px 10px".`],
    ],
  ),
  ...EDGES.map((edge) =>
    about(
      `pad-${edge}`,
      [
        ['alone', `pad-${edge}=7`, { frame: { pad: { ...all(0), [edge]: 7 } } }],
        ['instead of pad', `pad=20&pad-${edge}=0`, { frame: { pad: { ...all(20), [edge]: 0 } } }],
      ],
      [['a share', `pad-${edge}=0.1`, `pad-${edge} ${PIXELS} "0.1".`]],
    ),
  ),
  about(
    'border',
    [
      ['size and colour', 'border=10,red', { frame: { border: { size: all(10), color: '#ff0000' } } }],
      ['no size is none', 'border=0,red', { frame: { border: undefined } }],
    ],
    [
      [
        'no colour',
        'border=10',
        'border must be a size in whole pixels from 0 to 8192 and a colour, by comma, such as 8,crimson; got "10".',
      ],
      ['colour first', 'border=red,10', 'got "red,10".'],
      ['a unit', 'border=10px,red', 'Drop the unit.'],
      ['a third part', 'border=10,red,solid', 'got "10,red,solid".'],
    ],
  ),
  ...EDGES.map((edge) =>
    about(
      `border-${edge}`,
      [
        [
          'instead of the size in border',
          `border=10,red&border-${edge}=3`,
          { frame: { border: { size: { ...all(10), [edge]: 3 }, color: '#ff0000' } } },
        ],
        ['ignored without border', `border-${edge}=3`, { frame: { border: undefined } }],
      ],
      [['a colour', `border-${edge}=3,red`, `border-${edge} ${PIXELS} "3,red".`]],
    ),
  ),
  about(
    'border-radius',
    [
      ['one for all', 'border=4,red&border-radius=9', { frame: { borderRadius: [9, 9, 9, 9] } }],
      ['one for each', 'border=4,red&border-radius=1,2,3,4', { frame: { borderRadius: [1, 2, 3, 4] } }],
      ['0 is none', 'border=4,red&border-radius=0', { frame: { borderRadius: undefined } }],
      ['ignored without border', 'border-radius=9', { frame: { borderRadius: undefined } }],
    ],
    [['two', 'border=4,red&border-radius=1,2', `border-radius ${RADII} "1,2".`]],
  ),
  about(
    'mask',
    [
      ['ellipse', 'mask=ellipse', { frame: { mask: 'ellipse' } }],
      ['corners', 'mask=corners', { frame: { mask: 'corners' } }],
    ],
    [
      [
        'a URL: none is ever fetched',
        'mask=https://example.com/mask.png',
        'mask must be one of ellipse or corners',
      ],
    ],
  ),
  about(
    'corner-radius',
    [
      ['one for all', 'mask=corners&corner-radius=9', { frame: { cornerRadius: [9, 9, 9, 9] } }],
      ['one for each', 'mask=corners&corner-radius=9,0,9,0', { frame: { cornerRadius: [9, 0, 9, 0] } }],
      ['none, and so no mask', 'mask=corners&corner-radius=0', { frame: { mask: undefined } }],
      ['ignored with another mask', 'mask=ellipse&corner-radius=9', { frame: { cornerRadius: undefined } }],
    ],
    [
      ['five', 'mask=corners&corner-radius=1,2,3,4,5', `corner-radius ${RADII} "1,2,3,4,5".`],
      ['per cent', 'mask=corners&corner-radius=50%25', 'Drop the unit.'],
    ],
  ),
);
