import type { Edges, FrameRequest } from '../request.ts';
import { border, radii } from './borders.ts';
import { color } from './colors.ts';
import { defined } from './defined.ts';
import { MAX_SIDE, whole } from './numbers.ts';
import { type Given, parameter } from './parameter.ts';
import { oneOf } from './words.ts';

const pixels = whole(0, MAX_SIDE);

function edge(kind: 'pad' | 'border', name: keyof Edges, example: string) {
  return parameter({
    group: 'Frame',
    syntax: '{pixels}',
    kind: pixels,
    meaning:
      kind === 'pad'
        ? `Padding of the ${name} edge, instead of \`pad\`.`
        : `Size of the ${name} border, instead of the one in \`border\`.`,
    example: { query: example },
  });
}

export const frameParameters = {
  bg: parameter({
    group: 'Frame',
    syntax: '{colour}',
    kind: color,
    meaning:
      'What shows where the picture does not: in padding, in the corners of `rot-type=pivot`, through transparency. Without it they stay transparent, and become white in a format that knows no transparency.',
    example: { query: 'w=240&h=240&pad=20&bg=teal' },
  }),
  pad: parameter({
    group: 'Frame',
    syntax: '{pixels}',
    kind: pixels,
    meaning:
      'Padding around the picture. Without `w` and `h` it adds to the size; with them the picture and its padding fit inside.',
    example: { query: 'w=240&h=200&pad=20&bg=crimson' },
  }),
  'pad-top': edge('pad', 'top', 'w=240&pad-top=30&bg=crimson'),
  'pad-right': edge('pad', 'right', 'w=240&pad-right=30&bg=crimson'),
  'pad-bottom': edge('pad', 'bottom', 'w=240&pad-bottom=30&bg=crimson'),
  'pad-left': edge('pad', 'left', 'w=240&pad-left=30&bg=crimson'),
  border: parameter({
    group: 'Frame',
    syntax: '{pixels},{colour}',
    kind: border,
    meaning: 'A border, drawn inside the edges: the size stays as it is.',
    example: { query: 'w=240&border=8,crimson' },
  }),
  'border-top': edge('border', 'top', 'w=240&border=4,crimson&border-top=20'),
  'border-right': edge('border', 'right', 'w=240&border=4,crimson&border-right=20'),
  'border-bottom': edge('border', 'bottom', 'w=240&border=4,crimson&border-bottom=20'),
  'border-left': edge('border', 'left', 'w=240&border=4,crimson&border-left=20'),
  'border-radius': parameter({
    group: 'Frame',
    syntax: '{pixels} or {top left},{top right},{bottom right},{bottom left}',
    kind: radii,
    meaning: 'With `border`: rounds its corners.',
    example: { query: 'w=240&border=8,crimson&border-radius=30' },
  }),
  mask: parameter({
    group: 'Frame',
    syntax: '{shape}',
    kind: oneOf(['ellipse', 'corners']),
    meaning:
      'Cuts the picture to an ellipse, or rounds its corners by `corner-radius`. What is cut off shows `bg`.',
    example: { query: 'w=200&h=200&fit=crop&mask=ellipse' },
  }),
  'corner-radius': parameter({
    group: 'Frame',
    syntax: '{pixels} or {top left},{top right},{bottom right},{bottom left}',
    kind: radii,
    meaning: 'With `mask=corners`: the radii of the corners; 10 where they are not given.',
    example: { query: 'w=240&mask=corners&corner-radius=40,0,40,0' },
  }),
};

export type FrameGiven = Given<typeof frameParameters>;

export function frameFrom(given: FrameGiven): FrameRequest {
  const size = edgesFrom(given, 'border', given.border?.size ?? 0);
  const hasBorder = given.border !== undefined && !isNothing(Object.values(size));
  const pad = edgesFrom(given, 'pad', given.pad ?? 0);
  const isSquare = given.mask === 'corners' && isNothing(given['corner-radius'] ?? [1]);
  return defined({
    pad: isNothing(Object.values(pad)) ? undefined : pad,
    background: given.bg,
    border: given.border && hasBorder ? { size, color: given.border.color } : undefined,
    borderRadius: hasBorder ? unlessNothing(given['border-radius']) : undefined,
    mask: isSquare ? undefined : given.mask,
    cornerRadius: given.mask === 'corners' && !isSquare ? given['corner-radius'] : undefined,
  });
}

function edgesFrom(given: FrameGiven, kind: 'pad' | 'border', all: number): Edges {
  return {
    top: given[`${kind}-top`] ?? all,
    right: given[`${kind}-right`] ?? all,
    bottom: given[`${kind}-bottom`] ?? all,
    left: given[`${kind}-left`] ?? all,
  };
}

function isNothing(lengths: readonly number[]): boolean {
  return lengths.every((length) => length === 0);
}

function unlessNothing<Radii extends readonly number[]>(value: Radii | undefined): Radii | undefined {
  return value && isNothing(value) ? undefined : value;
}

export function givenFrame(frame: FrameRequest): FrameGiven {
  const { pad, border: drawn } = frame;
  const [padAll, borderAll] = [pad?.top ?? 0, drawn?.size.top ?? 0];
  return defined({
    bg: frame.background,
    pad: padAll === 0 ? undefined : padAll,
    'pad-right': other(pad?.right, padAll),
    'pad-bottom': other(pad?.bottom, padAll),
    'pad-left': other(pad?.left, padAll),
    border: drawn && { size: borderAll, color: drawn.color },
    'border-right': other(drawn?.size.right, borderAll),
    'border-bottom': other(drawn?.size.bottom, borderAll),
    'border-left': other(drawn?.size.left, borderAll),
    'border-radius': frame.borderRadius,
    mask: frame.mask,
    'corner-radius': frame.cornerRadius,
  });
}

function other(length: number | undefined, all: number): number | undefined {
  return length === all ? undefined : length;
}
