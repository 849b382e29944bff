import fc from 'fast-check';
import { CROP_MODES, FITS } from '../../request.ts';
import { colorNames } from '../color-names.ts';
import { type ParameterName, parameters } from '../table.ts';

type Texts = fc.Arbitrary<string>;

const whole = (min: number, max: number): Texts => fc.integer({ min, max }).map(String);
const decimal = (min: number, max: number): Texts =>
  fc
    .double({ min, max, noNaN: true })
    .map((value) => value.toFixed(4))
    .filter((text) => Number(text) >= min && Number(text) <= max);
const share = fc.integer({ min: 1, max: 1000 }).map((thousandths) => (thousandths / 1000).toFixed(3));
const length = fc.oneof(whole(1, 8192), share);
const word = (...words: string[]): Texts => fc.constantFrom(...words);
const flag = word('true', 'false', '1', '0');
const list = (words: readonly string[]): Texts =>
  fc.subarray([...words], { minLength: 1 }).map((some) => some.join(','));
const digits = (least: number, most: number): Texts =>
  fc
    .array(fc.constantFrom(...'0123456789abcdefABCDEF'), { minLength: least, maxLength: most })
    .map((some) => some.join(''));
const color = fc.oneof(
  word(...colorNames.keys(), 'White', '000', 'fff'),
  digits(3, 3),
  digits(4, 4),
  digits(6, 6),
  digits(8, 8),
);
const pixels = fc.oneof(whole(0, 3), whole(0, 8192));
const radii = fc.oneof(
  pixels,
  fc.tuple(pixels, pixels, pixels, pixels).map((four) => four.join(',')),
);
const amount = fc.oneof(whole(-2, 2), whole(-100, 100));
const upwards = fc.oneof(whole(0, 2), whole(0, 100));
const rows = ['top', 'middle', 'bottom'];
const columns = ['left', 'center', 'right'];
const align = fc.oneof(
  word(...rows, ...columns),
  fc.tuple(word(...rows), word(...columns)).map((both) => both.join(',')),
);
const text = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .map((some) => some.replaceAll(/[\p{Cc}\p{Cs}]/gu, '').trim());

/** Texts that each parameter takes, the neighbourhood of its default more often than the rest. */
const texts: Readonly<Record<ParameterName, Texts>> = {
  w: length,
  h: length,
  fit: fc.oneof(list(FITS), word('clip', 'crop', 'fill')).filter((some) => some !== 'facearea'),
  'min-w': whole(1, 100),
  'max-w': whole(100, 8192),
  'min-h': whole(1, 100),
  'max-h': whole(100, 8192),
  dpr: fc.oneof(decimal(0.1, 5), word('1', '1.0', '2')),
  ar: fc.tuple(whole(1, 30), decimal(1, 30)).map((sides) => sides.join(':')),
  fill: word('solid', 'blur'),
  'fill-color': color,
  crop: list(CROP_MODES).filter((some) => some !== 'faces'),
  'fp-x': fc.oneof(decimal(0, 1), word('0.5', '.5')),
  'fp-y': fc.oneof(decimal(0, 1), word('0.5', '0.50')),
  'fp-z': fc.oneof(decimal(1, 100), word('1')),
  v: word('medium', 'thumbnail', 'x-1_y'),
  rect: fc
    .tuple(
      fc.oneof(length, word('0', '0.0', ...columns)),
      fc.oneof(length, word('0', '0.0', ...rows)),
      fc.oneof(length, word('full', '1.0')),
      fc.oneof(length, word('full', '1.0')),
    )
    .map((four) => four.join(',')),
  orient: word('0', '1', '2', '3', '4', '5', '6', '7', '8', '90', '180', '270'),
  frame: whole(1, 10_000),
  fm: word('avif', 'webp', 'jpg', 'jpeg', 'pjpg', 'png', 'png8', 'gif', 'blurhash', 'thumbhash', 'json'),
  q: whole(0, 100),
  lossless: flag,
  auto: list(['format', 'compress']),
  ch: list(['Width', 'dpr', 'Save-Data']),
  chromasub: word('420', '422', '444'),
  cs: word('srgb', 'strip', 'origin'),
  colorquant: whole(2, 256),
  dl: text,
  palette: word('json', 'css'),
  colors: whole(0, 16),
  bri: amount,
  con: amount,
  exp: amount,
  gam: amount,
  high: whole(-100, 0),
  shad: upwards,
  sat: amount,
  vib: amount,
  hue: fc.oneof(whole(0, 360), word('0', '360')),
  sharp: upwards,
  usm: amount,
  usmrad: fc.oneof(decimal(0.1, 500), word('2.5', '2.50')),
  invert: flag,
  blur: whole(0, 2000),
  px: upwards,
  sepia: upwards,
  monochrome: color,
  duotone: fc.tuple(color, color).map((both) => both.join(',')),
  rot: fc.oneof(decimal(0, 359), word('0', '90')),
  'rot-type': word('straighten', 'pivot'),
  flip: word('h', 'v', 'hv'),
  trim: word('auto', 'color'),
  'trim-color': color,
  'trim-tol': fc.oneof(decimal(0, 255), word('0')),
  'trim-md': fc.oneof(decimal(0, 255), word('11')),
  bg: color,
  pad: pixels,
  'pad-top': pixels,
  'pad-right': pixels,
  'pad-bottom': pixels,
  'pad-left': pixels,
  border: fc.tuple(pixels, color).map((both) => both.join(',')),
  'border-top': pixels,
  'border-right': pixels,
  'border-bottom': pixels,
  'border-left': pixels,
  'border-radius': radii,
  mask: word('ellipse', 'corners'),
  'corner-radius': radii,
  mark: text.filter((some) => some !== '' && !/^[a-z][a-z0-9+.-]*:|^\/\//i.test(some)),
  'mark-align': align,
  'mark-alpha': fc.oneof(whole(0, 100), word('100')),
  'mark-w': length,
  'mark-h': length,
  'mark-scale': whole(0, 100),
  'mark-fit': word('clip', 'crop', 'fill', 'max', 'scale'),
  'mark-pad': fc.oneof(pixels, word('5')),
  'mark-x': pixels,
  'mark-y': pixels,
  'mark-rot': fc.oneof(decimal(0, 359), word('0')),
  'mark-tile': word('grid'),
  txt: text,
  'txt-font': word('inter', 'Inter SemiBold', 'sans-serif'),
  'txt-size': fc.oneof(whole(1, 1000), word('12')),
  'txt-color': fc.oneof(color, word('black')),
  'txt-align': align,
  'txt-pad': fc.oneof(pixels, word('10')),
  'txt-fit': word('max'),
  'txt-width': length,
  'txt-shad': decimal(0, 10),
  faceindex: whole(1, 100),
  facepad: decimal(1, 10),
  'face-blur': word('0'),
  'face-pixel': word('0'),
};

/** What a query gives, decoded: parameters by their names. */
export type Parameters = readonly (readonly [name: ParameterName, text: string])[];

/** Up to a dozen parameters of the whole grammar. */
export const arbitraryParameters: fc.Arbitrary<Parameters> = fc
  .subarray(Object.keys(parameters) as ParameterName[], { maxLength: 12 })
  .chain((names) => fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), texts[name]))));

/** The same again, with one of them changed, taken away or added: requests that differ little. */
export const neighbours: fc.Arbitrary<readonly [Parameters, Parameters]> = fc
  .tuple(arbitraryParameters, fc.constantFrom(...(Object.keys(parameters) as ParameterName[])), fc.boolean())
  .chain(([some, name, isTaken]) => {
    const others = some.filter(([other]) => other !== name);
    const changed = texts[name].map((text): Parameters => [...others, [name, text]]);
    return fc.tuple(isTaken ? changed : fc.constant(others), changed);
  });

/** A way to write down parameters that does not change what they mean: order, aliases, encodings. */
export function spellings(some: Parameters): fc.Arbitrary<string> {
  return fc
    .tuple(fc.shuffledSubarray([...some], { minLength: some.length }), fc.infiniteStream(fc.nat({ max: 3 })))
    .map(([shuffled, ways]) =>
      shuffled.map(([name, text]) => spelled(name, text, ways.next().value)).join('&'),
    );
}

const aliases: Readonly<Partial<Record<ParameterName, string>>> = { w: 'width', h: 'height' };

function spelled(name: ParameterName, text: string, way: number): string {
  const called = way % 2 === 0 ? name : (aliases[name] ?? name);
  if (way === 1 && name !== 'auto' && name !== 'ch') {
    return `${called}64=${Buffer.from(text).toString('base64url')}`;
  }
  if (way === 2) return new URLSearchParams([[called, text]]).toString();
  return way === 3 ? `${called}=${everyByte(text)}` : `${called}=${encodeURIComponent(text)}`;
}

function everyByte(text: string): string {
  return Buffer.from(text).toString('hex').replaceAll(/../g, '%$&');
}
