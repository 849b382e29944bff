import { fade, overlay } from '../blend.ts';
import { placeInside } from '../geometry.ts';
import { imageMark } from '../marks/image-mark.ts';
import { textMark } from '../marks/text-mark.ts';
import type { Size } from '../picture.ts';
import { type Raster, sizeOf } from '../raster.ts';
import type { Asked } from './apply.ts';

/** Lays a text or a picture over the picture: at one of nine places, or all over. */
export async function watermark(raster: Raster, asked: Asked<'watermark'>): Promise<Raster> {
  const picture = sizeOf(raster);
  const margin = Math.round(asked.margin * Math.min(picture.width, picture.height));
  const mark = fade(await makeMark(asked, roomFor(picture, asked.size, margin)), asked.opacity);
  const places =
    asked.place === 'tile' ? tiles(picture, mark, margin) : [placeInside(picture, mark, asked.place, margin)];
  return overlay(raster, mark, places);
}

function makeMark({ mark }: Asked<'watermark'>, room: Size): Promise<Raster> {
  return 'text' in mark ? textMark(mark.text, mark.color, room) : imageMark(mark.path, room);
}

/** The mark's width as asked, but never more than fits between the margins. */
function roomFor(picture: Size, share: number, margin: number): Size {
  const width = Math.min(Math.round(picture.width * share), picture.width - 2 * margin);
  return { width: Math.max(1, width), height: Math.max(1, picture.height - 2 * margin) };
}

/** Rows of marks half a mark apart, every other row shifted, so that no part of the picture is far from one. */
function tiles(picture: Size, mark: Size, margin: number): { left: number; top: number }[] {
  const stepX = Math.round(mark.width * 1.5) + margin;
  const stepY = Math.max(mark.height * 2, Math.round(mark.width * 0.5)) + margin;
  const places: { left: number; top: number }[] = [];
  for (let row = 0, top = margin; top < picture.height; row += 1, top += stepY) {
    const shift = row % 2 === 0 ? 0 : -Math.round(stepX / 2);
    for (let left = margin + shift; left < picture.width; left += stepX) places.push({ left, top });
  }
  return places;
}
