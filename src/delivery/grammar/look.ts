import type { LookRequest } from '../request.ts';
import { color, colorPair } from './colors.ts';
import { defined } from './defined.ts';
import { hue } from './hue.ts';
import { decimalAboveZero, whole } from './numbers.ts';
import { type Given, type Group, parameter } from './parameter.ts';
import { flag } from './words.ts';

function amount(
  name: string,
  group: Group,
  [from, to]: readonly [number, number],
  meaning: string,
  shown: number,
) {
  return parameter({
    group,
    syntax: '{amount}',
    kind: whole(from, to),
    meaning,
    example: { query: `w=240&${name}=${shown}` },
    neutral: 0,
  });
}

const BOTH = [-100, 100] as const;
const UP = [0, 100] as const;

export const lookParameters = {
  bri: amount('bri', 'Adjustment', BOTH, 'Brightness.', 25),
  con: amount('con', 'Adjustment', BOTH, 'Contrast.', 40),
  exp: parameter({
    group: 'Adjustment',
    syntax: '{amount}',
    kind: whole(-100, 100),
    meaning:
      'Exposure. Where the URL has a `sig`, `exp` is when that expires, and exposure is written `exp64`.',
    example: { query: 'w=240&exp=30' },
    neutral: 0,
  }),
  gam: amount('gam', 'Adjustment', BOTH, 'Gamma: lightens or darkens the middle tones.', 40),
  high: amount('high', 'Adjustment', [-100, 0], 'Highlights: darkens the lightest parts.', -80),
  shad: amount('shad', 'Adjustment', UP, 'Shadows: lightens the darkest parts.', 80),
  sat: amount('sat', 'Adjustment', BOTH, 'Saturation; -100 is greyscale.', -70),
  vib: amount('vib', 'Adjustment', BOTH, 'Vibrance: saturation, most where there is least of it.', 80),
  hue: parameter({
    group: 'Adjustment',
    syntax: '{degrees}',
    kind: hue,
    meaning: 'Turns every hue around the colour circle.',
    example: { query: 'w=240&hue=120' },
    neutral: 0,
  }),
  sharp: amount('sharp', 'Adjustment', UP, 'Sharpens the lightness.', 40),
  usm: amount('usm', 'Adjustment', BOTH, 'Unsharp mask: sharpens edges, below 0 softens them.', 80),
  usmrad: parameter({
    group: 'Adjustment',
    syntax: '{pixels}',
    kind: decimalAboveZero(500),
    meaning: 'Radius of `usm`; 2.5 where it is not given.',
    example: { query: 'w=240&usm=80&usmrad=8' },
    neutral: 2.5,
  }),
  invert: parameter({
    group: 'Adjustment',
    syntax: 'true',
    kind: flag,
    meaning: 'Turns colours into their opposites.',
    example: { query: 'w=240&invert=true' },
    neutral: false,
  }),
  blur: amount('blur', 'Style', [0, 2000], 'Gaussian blur; 10 is a sigma of one pixel.', 60),
  px: amount('px', 'Style', UP, 'Makes squares of this many pixels.', 8),
  sepia: amount('sepia', 'Style', UP, 'Brown, as old photographs.', 80),
  monochrome: parameter({
    group: 'Style',
    syntax: '{colour}',
    kind: color,
    meaning: 'Greyscale, tinted. The opacity of the colour is how much of it shows.',
    example: { query: 'w=240&monochrome=44768b' },
  }),
  duotone: parameter({
    group: 'Style',
    syntax: '{dark},{light}',
    kind: colorPair,
    meaning: 'From one colour in the shadows to another in the lights.',
    example: { query: 'w=240&duotone=000080,fa8072' },
  }),
};

export type LookGiven = Given<typeof lookParameters>;

export function lookFrom(given: LookGiven): LookRequest {
  const { duotone } = given;
  return defined({
    bri: given.bri,
    con: given.con,
    exp: given.exp,
    gam: given.gam,
    high: given.high,
    shad: given.shad,
    sat: given.sat,
    vib: given.vib,
    hue: given.hue,
    sharp: given.sharp,
    usm: given.usm,
    usmrad: given.usm === undefined ? undefined : given.usmrad,
    invert: given.invert,
    blur: given.blur,
    px: given.px,
    sepia: given.sepia,
    monochrome: given.monochrome,
    duotone: duotone && { dark: duotone[0], light: duotone[1] },
  });
}

export function givenLook({ duotone, ...look }: LookRequest): LookGiven {
  return defined({ ...look, duotone: duotone && ([duotone.dark, duotone.light] as const) });
}
