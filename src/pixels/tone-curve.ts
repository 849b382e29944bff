import type { AdjustOperation } from './render-plan.ts';

/**
 * How light each value becomes, from 0..255 to 0..255 and a fraction: the adjustments of light, one after the other in
 * the order of this file. imgix publishes their scales, -100..100, and not their formulas; these have the shape of the
 * photographer's controls of the same names, and at 100 go as far as leaves something to see in an ordinary photograph.
 */
export function toneCurve(asked: AdjustOperation): Float64Array {
  const steps = tones
    .filter(({ name }) => asked[name])
    .map(({ name, tone }) => tone((asked[name] ?? 0) / 100));
  return Float64Array.from({ length: 256 }, (_, value) => {
    const light = steps.reduce((v, step) => Math.min(1, Math.max(0, step(v))), value / 255);
    return light * 255;
  });
}

export function isNeutral(asked: AdjustOperation): boolean {
  return tones.every(({ name }) => !asked[name]);
}

/** From 0..1 to what is clamped to 0..1. */
type Tone = (value: number) => number;
type ToneName = 'exp' | 'bri' | 'con' | 'gam' | 'high' | 'shad';

const tones: readonly { readonly name: ToneName; readonly tone: (amount: number) => Tone }[] = [
  // a factor on the light itself, not on its gamma-coded value: two stops of a camera either way
  { name: 'exp', tone: (amount) => (value) => coded(linear(value) * 4 ** amount) },
  // moves all alike: at 100 what was middle grey is white
  { name: 'bri', tone: (amount) => (value) => value + amount / 2 },
  // spreads around middle grey: four times at 100, a quarter at -100
  { name: 'con', tone: (amount) => (value) => (value - 0.5) * 4 ** amount + 0.5 },
  // bends the middle, black and white stay: the power 1/4 at 100, 4 at -100
  { name: 'gam', tone: (amount) => (value) => value ** (4 ** -amount) },
  // bends down above the middle, white stays; steepest where it still never reverses an order
  { name: 'high', tone: (amount) => (value) => value + 2 * amount * (1 - value) * value ** 3 },
  // the same below the middle, upwards
  { name: 'shad', tone: (amount) => (value) => value + 2 * amount * value * (1 - value) ** 3 },
];

/** IEC 61966-2-1 */
function linear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function coded(light: number): number {
  return light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
}
