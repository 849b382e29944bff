import { fade, overlay, type Place } from '../blend.ts';
import { placeInside } from '../geometry.ts';
import { aligned } from '../marks/aligned.ts';
import { markBox } from '../marks/mark-box.ts';
import { pictureMark } from '../marks/picture-mark.ts';
import type { Size } from '../picture.ts';
import { type Raster, sizeOf } from '../raster.ts';
import type { Asked } from './apply.ts';
import { rotate } from './rotate.ts';

/** Lays another picture over this one, on each page of an animation alike. */
export async function place(raster: Raster, asked: Asked<'place'>): Promise<Raster> {
  if (asked.alpha === 0) return raster;
  const picture = sizeOf(raster);
  const upright = await pictureMark(asked.path, markBox(picture, asked));
  const { angle, step, pad } = asked;
  const mark =
    angle % 360 === 0
      ? upright
      : await rotate(upright, { op: 'rotate', step, angle, background: '#00000000' });
  const at = placeIn(picture, mark, asked);
  return overlay(raster, fade(mark, asked.alpha), asked.tile ? grid(picture, mark, at, pad) : [at]);
}

function placeIn(picture: Size, mark: Size, { align, pad, left, top }: Asked<'place'>): Place {
  const inside = placeInside(picture, mark, aligned(align), pad);
  return { left: left ?? inside.left, top: top ?? inside.top };
}

/** All the way to the edges in both directions, with this one among them. */
function* grid(picture: Size, mark: Size, from: Place, gap: number): Generator<Place> {
  const across = mark.width + gap;
  const down = mark.height + gap;
  for (let top = firstOf(from.top, down, mark.height); top < picture.height; top += down) {
    for (let left = firstOf(from.left, across, mark.width); left < picture.width; left += across) {
      yield { left, top };
    }
  }
}

/** The first of these steps at which something of the mark can be seen. */
function firstOf(from: number, step: number, length: number): number {
  return from - Math.ceil((from + length) / step - 1) * step;
}
