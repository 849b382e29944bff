import { LUMA, lumaOf } from '../colours.ts';
import type { Raster } from '../raster.ts';
import { type Matrix, type Paint, product, recoloured, throughMatrix } from '../recolour.ts';
import { isNeutral, toneCurve } from '../tone-curve.ts';
import type { Asked } from './apply.ts';

/**
 * Light, then colour, then the opposite, in one pass; see `tone-curve.ts` for the light. imgix publishes the scales
 * and not the formulas, so those of CSS stand in where there are any, and keep lightness as those do.
 */
export async function adjust(raster: Raster, asked: Asked<'adjust'>): Promise<Raster> {
  const { hue = 0, sat = 0, vib = 0, invert = false } = asked;
  const isColourKept = hue % 360 === 0 && sat === 0 && vib === 0;
  if (isNeutral(asked) && isColourKept && !invert) return raster;
  const curve = toneCurve(asked);
  const light = isColourKept ? throughCurve(curve) : afterCurve(curve, colour(hue, sat, vib));
  return recoloured(raster, invert ? opposite(light) : light);
}

function throughCurve(curve: Float64Array): Paint {
  return (to, at, red, green, blue) => {
    to[at] = curve[red] ?? 0;
    to[at + 1] = curve[green] ?? 0;
    to[at + 2] = curve[blue] ?? 0;
  };
}

function afterCurve(curve: Float64Array, paint: Paint): Paint {
  return (to, at, red, green, blue) => paint(to, at, curve[red] ?? 0, curve[green] ?? 0, curve[blue] ?? 0);
}

function opposite(paint: Paint): Paint {
  return (to, at, red, green, blue) => {
    paint(to, at, red, green, blue);
    to[at] = 255 - (to[at] ?? 0);
    to[at + 1] = 255 - (to[at + 1] ?? 0);
    to[at + 2] = 255 - (to[at + 2] ?? 0);
  };
}

function colour(hue: number, sat: number, vib: number): Paint {
  const matrix = product(saturation(1 + sat / 100), rotation(hue));
  return vib === 0 ? throughMatrix(matrix) : vibrance(matrix, vib / 100);
}

/** As `saturate()` of CSS: 0 is grey, 1 neutral, 2 twice as far from grey. */
function saturation(factor: number): Matrix {
  return aroundGrey([factor, 0, 0, 0, factor, 0, 0, 0, factor], 1 - factor);
}

/** As `hue-rotate()` of CSS (Filter Effects Module Level 1, 13.2): a turn around the greys that keeps lightness. */
function rotation(degrees: number): Matrix {
  const radians = (degrees * Math.PI) / 180;
  const [along, across] = [Math.cos(radians), Math.sin(radians)];
  const [red, green, blue] = LUMA;
  const turned: Matrix = [
    along - across * red,
    -across * green,
    across * (1 - blue),
    0.143 * across,
    along + 0.14 * across,
    -0.283 * across,
    -across * (1 - red),
    across * green,
    along + across * blue,
  ];
  return aroundGrey(turned, 1 - along);
}

/** Adds a share of the lightness to every channel. */
function aroundGrey([rr, rg, rb, gr, gg, gb, br, bg, bb]: Matrix, share: number): Matrix {
  const [red, green, blue] = LUMA.map((weight) => weight * share) as [number, number, number];
  return [rr + red, rg + green, rb + blue, gr + red, gg + green, gb + blue, br + red, bg + green, bb + blue];
}

/**
 * Saturation whose strength falls with how saturated a colour is already: the distance between its strongest and its
 * weakest channel. Skin and sky gain, what is colourful stays.
 */
function vibrance([rr, rg, rb, gr, gg, gb, br, bg, bb]: Matrix, amount: number): Paint {
  return (to, at, r, g, b) => {
    const red = rr * r + rg * g + rb * b;
    const green = gr * r + gg * g + gb * b;
    const blue = br * r + bg * g + bb * b;
    const range = (Math.max(red, green, blue) - Math.min(red, green, blue)) / 255;
    const factor = 1 + amount * Math.max(0, 1 - range);
    const luma = lumaOf(red, green, blue);
    to[at] = luma + (red - luma) * factor;
    to[at + 1] = luma + (green - luma) * factor;
    to[at + 2] = luma + (blue - luma) * factor;
  };
}
