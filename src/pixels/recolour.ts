import type { Raster } from './raster.ts';

/** Works out a colour, 0..255 each: what it sets is rounded and clamped. Called for every pixel, so it makes nothing. */
export type Paint = (to: Uint8ClampedArray, at: number, red: number, green: number, blue: number) => void;

/** The picture with every colour replaced by what `paint` makes of it. Alpha stays. */
export function recoloured(raster: Raster, paint: Paint): Raster {
  const data = Buffer.from(raster.data);
  const to = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
  for (let at = 0; at < data.length; at += raster.channels) {
    paint(to, at, data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0);
  }
  return { ...raster, data };
}

/** Rows for the red, green and blue that come out. */
export type Matrix = readonly [number, number, number, number, number, number, number, number, number];

export function throughMatrix([rr, rg, rb, gr, gg, gb, br, bg, bb]: Matrix): Paint {
  return (to, at, red, green, blue) => {
    to[at] = rr * red + rg * green + rb * blue;
    to[at + 1] = gr * red + gg * green + gb * blue;
    to[at + 2] = br * red + bg * green + bb * blue;
  };
}

/** First `first`, then `second`. */
export function product(second: Matrix, first: Matrix): Matrix {
  const cell = (row: number, column: number) =>
    [0, 1, 2].reduce((sum, k) => sum + (second[row * 3 + k] ?? 0) * (first[k * 3 + column] ?? 0), 0);
  return [
    cell(0, 0),
    cell(0, 1),
    cell(0, 2),
    cell(1, 0),
    cell(1, 1),
    cell(1, 2),
    cell(2, 0),
    cell(2, 1),
    cell(2, 2),
  ];
}
