import type { TurnRequest } from '../request.ts';
import { color } from './colors.ts';
import { defined } from './defined.ts';
import { decimal } from './numbers.ts';
import { type Given, parameter } from './parameter.ts';
import { oneOf } from './words.ts';

export const turnParameters = {
  rot: parameter({
    group: 'Rotation',
    syntax: '{degrees}',
    kind: decimal(0, 359),
    meaning: 'Turns the picture counter-clockwise.',
    example: { query: 'w=240&rot=10' },
    neutral: 0,
  }),
  'rot-type': parameter({
    group: 'Rotation',
    syntax: '{mode}',
    kind: oneOf(['straighten', 'pivot']),
    meaning:
      'What `rot` does with the corners: `straighten` (the default) cuts to an upright rectangle without empty corners, `pivot` grows the picture and fills the corners with `bg`.',
    example: { query: 'w=240&rot=30&rot-type=pivot&bg=teal' },
    neutral: 'straighten',
  }),
  flip: parameter({
    group: 'Rotation',
    syntax: '{axis}',
    kind: oneOf(['h', 'v', 'hv']),
    meaning: 'Mirrors left to right (`h`), top to bottom (`v`), or both.',
    example: { query: 'w=240&flip=h' },
  }),
  trim: parameter({
    group: 'Trim',
    syntax: '{mode}',
    kind: oneOf(['auto', 'color']),
    meaning:
      'Cuts off edges of one colour: of whatever colour they are (`auto`), or of `trim-color` (`color`).',
    example: { query: 'trim=auto&w=240', photo: 'framed' },
  }),
  'trim-color': parameter({
    group: 'Trim',
    syntax: '{colour}',
    kind: color,
    meaning: 'With `trim=color`: what is cut off. The colour of the top left pixel where it is not given.',
    example: { query: 'trim=color&trim-color=008080&w=240', photo: 'framed' },
  }),
  'trim-tol': parameter({
    group: 'Trim',
    syntax: '{difference}',
    kind: decimal(0, 255),
    meaning:
      'With `trim=color`: how different a colour may be and still be cut off. 0 where it is not given.',
    example: { query: 'trim=color&trim-tol=60&w=240', photo: 'rocket' },
  }),
  'trim-md': parameter({
    group: 'Trim',
    syntax: '{difference}',
    kind: decimal(0, 255),
    meaning:
      'With `trim=auto`: how different a colour may be and still be cut off. 11 where it is not given.',
    example: { query: 'trim=auto&trim-md=60&w=240', photo: 'rocket' },
  }),
};

export type TurnGiven = Given<typeof turnParameters>;

/** colour distance, 0..255: imgix's defaults */
const TOLERANCE = { auto: 11, color: 0 } as const;

export function turnFrom(given: TurnGiven): TurnRequest {
  return defined({
    rot: given.rot,
    rotType: given.rot === undefined ? 'straighten' : (given['rot-type'] ?? 'straighten'),
    flip: given.flip,
    trim: trimFrom(given),
  });
}

function trimFrom(given: TurnGiven): TurnRequest['trim'] {
  if (given.trim === undefined) return undefined;
  if (given.trim === 'auto') return { mode: 'auto', tolerance: given['trim-md'] ?? TOLERANCE.auto };
  const tolerance = given['trim-tol'] ?? TOLERANCE.color;
  return defined({ mode: 'color' as const, color: given['trim-color'], tolerance });
}

export function givenTurn({ rot, rotType, flip, trim }: TurnRequest): TurnGiven {
  const tolerance = trim && trim.tolerance !== TOLERANCE[trim.mode] ? trim.tolerance : undefined;
  return defined({
    rot,
    'rot-type': rotType === 'straighten' ? undefined : rotType,
    flip,
    trim: trim?.mode,
    'trim-color': trim?.color,
    'trim-tol': trim?.mode === 'color' ? tolerance : undefined,
    'trim-md': trim?.mode === 'auto' ? tolerance : undefined,
  });
}
