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
  const own = channels === 4 ? (data[at + 3] ?? 0) / 255 : 1;
  const total = alpha + own * (1 - alpha);
  if (total === 0) return;
  const share = alpha / total;
  data[at] = mixed(data[at] ?? 0, rgb[0], share);
  data[at + 1] = mixed(data[at + 1] ?? 0, rgb[1], share);
  data[at + 2] = mixed(data[at + 2] ?? 0, rgb[2], share);
  if (channels === 4) data[at + 3] = Math.round(total * 255);
}

/** Lays one colour under one pixel of a picture with alpha, in place; otherwise as {@link paintOver}. */
export function paintUnder({ data }: Raster, at: number, rgb: Rgb, alpha: number): void {
  const own = (data[at + 3] ?? 0) / 255;
  const total = own + alpha * (1 - own);
  if (total === 0) return;
  const share = own / total;
  data[at] = mixed(rgb[0], data[at] ?? 0, share);
  data[at + 1] = mixed(rgb[1], data[at + 1] ?? 0, share);
  data[at + 2] = mixed(rgb[2], data[at + 2] ?? 0, share);
  data[at + 3] = Math.round(total * 255);
}

/** The mark with its alpha multiplied by the opacity, 0..1. */
export function fade(mark: Raster, opacity: number): Raster {
  if (opacity === 1) return mark;
  const data = Buffer.from(mark.data);
  for (let at = 3; at < data.length; at += 4) data[at] = Math.round((data[at] ?? 0) * opacity);
  return { ...mark, data };
}

// A loop over the channels would take more than twice as long, and marks may cover every pixel.

function overOpaque(below: Buffer, to: number, above: Buffer, from: number): void {
  const alpha = (above[from + 3] ?? 0) / 255;
  below[to] = mixed(below[to] ?? 0, above[from] ?? 0, alpha);
  below[to + 1] = mixed(below[to + 1] ?? 0, above[from + 1] ?? 0, alpha);
  below[to + 2] = mixed(below[to + 2] ?? 0, above[from + 2] ?? 0, alpha);
}

function overTranslucent(below: Buffer, to: number, above: Buffer, from: number): void {
  const alpha = (above[from + 3] ?? 0) / 255;
  const total = alpha + ((below[to + 3] ?? 0) / 255) * (1 - alpha);
  const share = alpha / total;
  below[to] = mixed(below[to] ?? 0, above[from] ?? 0, share);
  below[to + 1] = mixed(below[to + 1] ?? 0, above[from + 1] ?? 0, share);
  below[to + 2] = mixed(below[to + 2] ?? 0, above[from + 2] ?? 0, share);
  below[to + 3] = Math.round(total * 255);
}

function mixed(below: number, above: number, share: number): number {
  return Math.round(below + (above - below) * share);
}
