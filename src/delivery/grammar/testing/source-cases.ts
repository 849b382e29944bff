import { about, together } from './cases.ts';

const RECT = 'rect must be four of x,y,w,h';

export const sourceCases = together(
  about(
    'v',
    [
      ['a name', 'v=medium', { variant: 'medium' }],
      ['with digits and hyphens', 'v=hero-2_x', { variant: 'hero-2_x' }],
    ],
    [
      ['a path', 'v=../secret', 'v must be the name of a variant, such as medium'],
      ['capitals', 'v=Medium', 'got "Medium".'],
      ['33 characters', `v=${'a'.repeat(33)}`, 'up to 32'],
    ],
  ),
  about(
    'rect',
    [
      [
        'pixels',
        'rect=10,20,300,400',
        { source: { rect: { x: { px: 10 }, y: { px: 20 }, width: { px: 300 }, height: { px: 400 } } } },
      ],
      [
        'shares',
        'rect=0.1,0.2,0.5,0.25',
        {
          source: {
            rect: { x: { share: 0.1 }, y: { share: 0.2 }, width: { share: 0.5 }, height: { share: 0.25 } },
          },
        },
      ],
      [
        'words',
        'rect=center,bottom,100,full',
        { source: { rect: { x: 'center', y: 'bottom', width: { px: 100 }, height: 'full' } } },
      ],
      [
        'left and top are where pixels begin',
        'rect=left,top,100,100',
        { source: { rect: { x: { px: 0 }, y: { px: 0 }, width: { px: 100 }, height: { px: 100 } } } },
      ],
      [
        'nothing as a share',
        'rect=0.0,0,100,1.0',
        { source: { rect: { x: { px: 0 }, y: { px: 0 }, width: { px: 100 }, height: 'full' } } },
      ],
      [
        'right and middle',
        'rect=right,middle,100,100',
        { source: { rect: { x: 'right', y: 'middle', width: { px: 100 }, height: { px: 100 } } } },
      ],
      ['all of it is none', 'rect=0,0,full,full', { source: { rect: undefined } }],
    ],
    [
      ['three parts', 'rect=0,0,100', `got "0,0,100". It has 3 parts.`],
      ['five parts', 'rect=0,0,1,1,1', 'It has 5 parts.'],
      ['no width', 'rect=0,0,0,100', RECT],
      ['a negative corner', 'rect=-1,0,100,100', RECT],
      ['a unit', 'rect=0,0,100px,100', 'Drop the unit.'],
      ['a word of the other direction', 'rect=middle,0,100,100', RECT],
      ['a corner beyond the picture', 'rect=1.5,0,100,100', RECT],
      ['more pixels than any picture', 'rect=0,0,65536,100', RECT],
    ],
  ),
  about(
    'orient',
    [
      ['as in EXIF', 'orient=6', { source: { orient: 6 } }],
      ['0 is as it lies', 'orient=0', { source: { orient: 1 } }],
      ['90 is 6', 'orient=90', { source: { orient: 6 } }],
      ['180 is 3', 'orient=180', { source: { orient: 3 } }],
      ['270 is 8', 'orient=270', { source: { orient: 8 } }],
    ],
    [
      ['between', 'orient=45', 'orient must be a whole number from 0 to 8, or 90, 180 or 270; got "45".'],
      ['nine', 'orient=9', 'got "9".'],
      ['a unit', 'orient=90deg', 'Drop the unit.'],
    ],
  ),
  about(
    'frame',
    [['the third', 'frame=3', { source: { page: 3 } }]],
    [
      ['they count from 1', 'frame=0', 'frame must be a whole number from 1 to 10000; got "0".'],
      ['a range', 'frame=1:3', 'got "1:3".'],
    ],
  ),
);
