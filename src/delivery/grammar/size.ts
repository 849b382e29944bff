import { type Color, FITS, type Fit, type SizeRequest } from '../request.ts';
import { color } from './colors.ts';
import { crop } from './crop.ts';
import { defined } from './defined.ts';
import { decimal, decimalAboveZero, length, MAX_SIDE, ratio, whole } from './numbers.ts';
import { type Given, parameter } from './parameter.ts';
import { listOf, oneOf } from './words.ts';

const side = whole(1, MAX_SIDE);

export const sizeParameters = {
  w: parameter({
    group: 'Size',
    aliases: ['width'],
    syntax: '{pixels or share}',
    kind: length,
    meaning:
      'Width. With a decimal point it is a share of the width of the source. Where only one side is given, the other keeps the proportions.',
    example: { query: 'w=200' },
  }),
  h: parameter({
    group: 'Size',
    aliases: ['height'],
    syntax: '{pixels or share}',
    kind: length,
    meaning: 'Height, as `w`.',
    example: { query: 'h=0.5' },
  }),
  fit: parameter({
    group: 'Size',
    syntax: '{mode}',
    kind: listOf(FITS),
    meaning:
      'How the picture meets the box of `w` and `h`; `clip` where it is not given. `facearea` needs the analysis of faces; a list such as `facearea,crop` falls back without.',
    example: { query: 'w=200&h=200&fit=crop' },
  }),
  'min-w': parameter({
    group: 'Size',
    syntax: '{pixels}',
    kind: side,
    meaning: 'With `fit=crop`: the output is at least this wide.',
    example: { query: 'h=100&min-w=240&fit=crop' },
  }),
  'max-w': parameter({
    group: 'Size',
    syntax: '{pixels}',
    kind: side,
    meaning: 'With `fit=crop`: the output is at most this wide.',
    example: { query: 'h=160&max-w=160&fit=crop' },
  }),
  'min-h': parameter({
    group: 'Size',
    syntax: '{pixels}',
    kind: side,
    meaning: 'With `fit=crop`: the output is at least this high.',
    example: { query: 'w=160&min-h=200&fit=crop' },
  }),
  'max-h': parameter({
    group: 'Size',
    syntax: '{pixels}',
    kind: side,
    meaning: 'With `fit=crop`: the output is at most this high.',
    example: { query: 'w=240&max-h=100&fit=crop' },
  }),
  dpr: parameter({
    group: 'Size',
    syntax: '{factor}',
    kind: decimalAboveZero(5),
    meaning:
      'Pixels of the output for each pixel in the URL: multiplies the sides, and with them padding, borders, radii, text and watermarks. Counts only where `w` or `h` is given.',
    example: { query: 'w=120&dpr=2' },
  }),
  ar: parameter({
    group: 'Size',
    syntax: '{width}:{height}',
    kind: ratio,
    meaning:
      'Proportions, with `fit=crop` or `fit=fill`, ignored elsewhere. Where one side is given, the other follows from it.',
    example: { query: 'w=240&ar=2:1&fit=crop' },
  }),
  fill: parameter({
    group: 'Size',
    syntax: '{mode}',
    kind: oneOf(['solid', 'blur']),
    meaning:
      'What fills the rest of the box with `fit=fill` and `fit=fillmax`: a colour (the default), or the picture itself, blurred.',
    example: { query: 'w=240&h=240&fit=fill&fill=blur' },
    neutral: 'solid',
  }),
  'fill-color': parameter({
    group: 'Size',
    syntax: '{colour}',
    kind: color,
    meaning:
      'The colour of `fill=solid`. Where it is not given, `bg`; where that is not given either, white.',
    example: { query: 'w=240&h=240&fit=fill&fill=solid&fill-color=teal' },
  }),
  crop: parameter({
    group: 'Crop',
    syntax: '{mode},…',
    kind: crop,
    meaning:
      'What `fit=crop` and `fit=min` keep. A list: the first that succeeds wins, else the centre. An edge of each direction combine, as in `top,left`.',
    example: { query: 'w=160&h=240&fit=crop&crop=top,left', photo: 'astronaut' },
  }),
  'fp-x': parameter({
    group: 'Crop',
    syntax: '{share}',
    kind: decimal(0, 1),
    meaning:
      'With `crop=focalpoint`: where the point lies, from the left edge (0) to the right (1). 0.5 where it is not given.',
    example: { query: 'w=160&h=240&fit=crop&crop=focalpoint&fp-x=0.15', photo: 'coffee' },
  }),
  'fp-y': parameter({
    group: 'Crop',
    syntax: '{share}',
    kind: decimal(0, 1),
    meaning:
      'With `crop=focalpoint`: where the point lies, from the top (0) to the bottom (1). 0.5 where it is not given.',
    example: { query: 'w=240&h=100&fit=crop&crop=focalpoint&fp-y=0.9', photo: 'coffee' },
  }),
  'fp-z': parameter({
    group: 'Crop',
    syntax: '{factor}',
    kind: decimal(1, 100),
    meaning: 'With `crop=focalpoint`: how far to go in on the point. 1 keeps as much of the picture as fits.',
    example: { query: 'w=240&h=160&fit=crop&crop=focalpoint&fp-x=0.6&fp-y=0.4&fp-z=2.5' },
  }),
};

export type SizeGiven = Given<typeof sizeParameters>;

interface Around {
  /** `bg` */
  readonly background: Color | undefined;
  /** a client hint may give the width */
  readonly takesWidthHint: boolean;
  /** a client hint may give the density */
  readonly takesDensityHint: boolean;
}

/** Parameters that the others make meaningless are left out, so that they do not split caches. */
export function sizeFrom(given: SizeGiven, { background, ...hints }: Around): SizeRequest {
  const fit = reachable(given.fit ?? ['clip']);
  const cuts = fit.includes('crop') || fit.includes('min');
  const modes = cuts ? (given.crop ?? []) : [];
  const fill = fit.includes('fill') || fit.includes('fillmax') ? (given.fill ?? 'solid') : undefined;
  const hasSide = given.w !== undefined || given.h !== undefined || hints.takesWidthHint;
  // one pixel for each is what there is without it, and has to be said only where a hint might say otherwise
  const isUsual = given.dpr === 1 && !hints.takesDensityHint;
  return defined({
    width: given.w,
    height: given.h,
    ...(fit.includes('crop') && bounds(given)),
    dpr: hasSide && !isUsual ? given.dpr : undefined,
    aspectRatio: fit.includes('crop') || fit.includes('fill') ? given.ar : undefined,
    fit,
    crop: modes,
    focalPoint: modes.includes('focalpoint') ? focalPoint(given) : CENTRE,
    fill: fill ?? 'solid',
    fillColor: fill === 'solid' ? fillColor(given['fill-color'], background) : undefined,
  });
}

const CENTRE = { x: 0.5, y: 0.5, zoom: 1 } as const;

function focalPoint(given: SizeGiven): SizeRequest['focalPoint'] {
  return { x: given['fp-x'] ?? CENTRE.x, y: given['fp-y'] ?? CENTRE.y, zoom: given['fp-z'] ?? CENTRE.zoom };
}

function bounds(given: SizeGiven) {
  return {
    minWidth: given['min-w'],
    maxWidth: given['max-w'],
    minHeight: given['min-h'],
    maxHeight: given['max-h'],
  };
}

/** All but faces succeed always: what comes after them is never reached. */
function reachable(fits: readonly Fit[]): readonly Fit[] {
  const last = fits.findIndex((fit) => fit !== 'facearea');
  return last < 0 ? fits : fits.slice(0, last + 1);
}

/** White is what there is without either colour, and has to be said only over another background. */
function fillColor(asked: Color | undefined, background: Color | undefined): Color | undefined {
  const filled = asked ?? background;
  return filled === WHITE && (background ?? WHITE) === WHITE ? undefined : filled;
}

const WHITE: Color = '#ffffff';

export function givenSize(size: SizeRequest): SizeGiven {
  const { focalPoint: point } = size;
  return defined({
    w: size.width,
    h: size.height,
    fit: isOnly(size.fit, 'clip') ? undefined : size.fit,
    'min-w': size.minWidth,
    'max-w': size.maxWidth,
    'min-h': size.minHeight,
    'max-h': size.maxHeight,
    dpr: size.dpr,
    ar: size.aspectRatio,
    fill: size.fill === 'solid' ? undefined : size.fill,
    'fill-color': size.fillColor,
    crop: size.crop.length > 0 ? size.crop : undefined,
    'fp-x': point.x === CENTRE.x ? undefined : point.x,
    'fp-y': point.y === CENTRE.y ? undefined : point.y,
    'fp-z': point.zoom === CENTRE.zoom ? undefined : point.zoom,
  });
}

function isOnly(fits: readonly Fit[], fit: Fit): boolean {
  return fits.length === 1 && fits[0] === fit;
}
