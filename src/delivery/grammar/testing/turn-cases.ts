import { about, together } from './cases.ts';

export const turnCases = together(
  about(
    'rot',
    [
      ['degrees', 'rot=90', { turn: { rot: 90, rotType: 'straighten' } }],
      ['a fraction', 'rot=1.5', { turn: { rot: 1.5 } }],
      ['the most', 'rot=359', { turn: { rot: 359 } }],
      ['0 is none', 'rot=0', { turn: { rot: undefined } }],
    ],
    [
      ['all the way around', 'rot=360', 'rot must be a number from 0 to 359; got "360".'],
      ['backwards', 'rot=-90', 'got "-90".'],
    ],
  ),
  about(
    'rot-type',
    [
      ['pivot', 'rot=30&rot-type=pivot', { turn: { rot: 30, rotType: 'pivot' } }],
      ['straighten', 'rot=30&rot-type=straighten', { turn: { rotType: 'straighten' } }],
      ['ignored without rot', 'rot-type=pivot', { turn: { rotType: 'straighten' } }],
    ],
    [['another', 'rot=30&rot-type=spin', 'rot-type must be one of straighten or pivot; got "spin".']],
  ),
  about(
    'flip',
    [
      ['left to right', 'flip=h', { turn: { flip: 'h' } }],
      ['top to bottom', 'flip=v', { turn: { flip: 'v' } }],
      ['both', 'flip=hv', { turn: { flip: 'hv' } }],
    ],
    [['the other way round', 'flip=vh', 'flip must be one of h, v or hv; got "vh".']],
  ),
  about(
    'trim',
    [
      ['auto', 'trim=auto', { turn: { trim: { mode: 'auto', tolerance: 11 } } }],
      ['color', 'trim=color', { turn: { trim: { mode: 'color', tolerance: 0 } } }],
    ],
    [['another', 'trim=alpha', 'trim must be one of auto or color; got "alpha".']],
  ),
  about(
    'trim-color',
    [
      [
        'a colour',
        'trim=color&trim-color=fff',
        { turn: { trim: { mode: 'color', color: '#ffffff', tolerance: 0 } } },
      ],
      [
        'ignored with trim=auto',
        'trim=auto&trim-color=fff',
        { turn: { trim: { mode: 'auto', tolerance: 11 } } },
      ],
      ['ignored without trim', 'trim-color=fff', { turn: { trim: undefined } }],
    ],
    [['no colour', 'trim=color&trim-color=12', 'trim-color must be a colour']],
  ),
  about(
    'trim-tol',
    [
      ['a difference', 'trim=color&trim-tol=20', { turn: { trim: { mode: 'color', tolerance: 20 } } }],
      [
        'ignored with trim=auto',
        'trim=auto&trim-tol=20',
        { turn: { trim: { mode: 'auto', tolerance: 11 } } },
      ],
    ],
    [['too much', 'trim=color&trim-tol=256', 'trim-tol must be a number from 0 to 255; got "256".']],
  ),
  about(
    'trim-md',
    [
      ['a difference', 'trim=auto&trim-md=20', { turn: { trim: { mode: 'auto', tolerance: 20 } } }],
      [
        'ignored with trim=color',
        'trim=color&trim-md=20',
        { turn: { trim: { mode: 'color', tolerance: 0 } } },
      ],
    ],
    [['less than none', 'trim=auto&trim-md=-1', 'trim-md must be a number from 0 to 255; got "-1".']],
  ),
);
