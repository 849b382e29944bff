import type { Raster } from './raster.ts';

/**
 * Lays a mark over a picture, in place: "over" of Porter and Duff with straight alpha, in sRGB. What lies outside the
 * picture is left off. Done here and not by sharp's composite, which would convert the whole picture to float and add
 * alpha for a mark that covers a corner of it.
 *
 * @param picture one page; its pixels change
 * @param mark with alpha
 */
export function blend(picture: Raster, mark: Raster, place: { left: number; top: number }): void {
  const firstRow = Math.max(0, -place.top);
  const lastRow = Math.min(mark.height, picture.height - place.top);
  const firstColumn = Math.max(0, -place.left);
  const lastColumn = Math.min(mark.width, picture.width - place.left);
  const blendPixel = picture.channels === 4 ? overTranslucent : overOpaque;
  for (let row = firstRow; row < lastRow; row += 1) {
    let from = (row * mark.width + firstColumn) * 4;
    let to = ((place.top + row) * picture.width + place.left + firstColumn) * picture.channels;
    for (let column = firstColumn; column < lastColumn; column += 1) {
      if (mark.data[from + 3] !== 0) blendPixel(picture.data, to, mark.data, from);
      from += 4;
      to += picture.channels;
    }
  }
}

/** The mark with its alpha multiplied by the opacity, 0..1. */
export function fade(mark: Raster, opacity: number): Raster {
  const data = Buffer.from(mark.data);
  for (let at = 3; at < data.length; at += 4) data[at] = Math.round((data[at] ?? 0) * opacity);
  return { ...mark, data };
}

function overOpaque(below: Buffer, to: number, above: Buffer, from: number): void {
  const alpha = (above[from + 3] ?? 0) / 255;
  for (let channel = 0; channel < 3; channel += 1) {
    const old = below[to + channel] ?? 0;
    below[to + channel] = Math.round(old + ((above[from + channel] ?? 0) - old) * alpha);
  }
}

function overTranslucent(below: Buffer, to: number, above: Buffer, from: number): void {
  const alpha = (above[from + 3] ?? 0) / 255;
  const rest = ((below[to + 3] ?? 0) / 255) * (1 - alpha);
  const total = alpha + rest;
  for (let channel = 0; channel < 3; channel += 1) {
    const mixed = (above[from + channel] ?? 0) * alpha + (below[to + channel] ?? 0) * rest;
    below[to + channel] = Math.round(mixed / total);
  }
  below[to + 3] = Math.round(total * 255);
}
