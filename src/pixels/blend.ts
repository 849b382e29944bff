import type { Rgb } from './colours.ts';
import { pageOf, type Raster } from './raster.ts';

/** Of the top left corner, pixels; may lie outside the picture. */
export interface Place {
  readonly left: number;
  readonly top: number;
}

/**
 * A mark laid over each page of a picture at these places.
 *
 * @param mark with alpha
 */
export function overlay(raster: Raster, mark: Raster, places: Iterable<Place>): Raster {
  const marked: Raster = { ...raster, data: Buffer.from(raster.data) };
  for (const place of places) {
    for (let index = 0; index < marked.pages; index += 1) blend(pageOf(marked, index), mark, place);
  }
  return marked;
}

/**
 * Lays a mark over a picture, in place: "over" of Porter and Duff with straight alpha, in sRGB. What lies outside the
 * picture is left off. Done here and not by sharp's composite, which would convert the whole picture to float and add
 * alpha for a mark that covers a corner of it.
 *
 * @param picture one page; its pixels change
 * @param mark with alpha
 */
export function blend(picture: Raster, mark: Raster, place: Place): void {
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

/**
 * Lays one colour over one pixel, in place.
 *
 * @param at of its first channel in the picture's data
 * @param alpha 0..1
 */
export function paintOver({ data, channels }: Raster, at: number, rgb: Rgb, alpha: number): void {
  const rest = channels === 4 ? ((data[at + 3] ?? 0) / 255) * (1 - alpha) : 1 - alpha;
  const total = alpha + rest;
  if (total === 0) return;
  for (let channel = 0; channel < 3; channel += 1) {
    const mixed = (rgb[channel] ?? 0) * alpha + (data[at + channel] ?? 0) * rest;
    data[at + channel] = Math.round(mixed / total);
  }
  if (channels === 4) data[at + 3] = Math.round(total * 255);
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
