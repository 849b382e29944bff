import { fade, overlay, type Place } from '../blend.ts';
import { placeInside } from '../geometry.ts';
import { aligned, roomInside } from '../marks/aligned.ts';
import { pictureMark } from '../marks/picture-mark.ts';
import type { Size } from '../picture.ts';
import { type Raster, sizeOf } from '../raster.ts';
import type { Length } from '../render-plan.ts';
import type { SizedFit, SizedSpec } from '../sizing.ts';
import type { Asked } from './apply.ts';
import { rotate } from './rotate.ts';

/** Lays another picture over this one, on each page of an animation alike. */
export async function place(raster: Raster, asked: Asked<'place'>): Promise<Raster> {
  if (asked.alpha === 0) return raster;
  const picture = sizeOf(raster);
  const upright = await pictureMark(asked.path, specOf(picture, asked));
  const { angle, step, pad } = asked;
  const mark =
    angle % 360 === 0
      ? upright
      : await rotate(upright, { op: 'rotate', step, angle, background: '#00000000' });
  const at = placeIn(picture, mark, asked);
  return overlay(raster, fade(mark, asked.alpha), asked.tile ? grid(picture, mark, at, pad) : [at]);
}

/** How the mark meets its box, which is no larger than the room between the paddings. */
function specOf(picture: Size, { width, height, scale, fit, pad }: Asked<'place'>): SizedSpec {
  const room = roomInside(picture, pad);
  const across = width ? pixelsOf(width, picture.width) : scale && scale * picture.width;
  const down = height && pixelsOf(height, picture.height);
  return {
    fit: fitFor(fit, across, down),
    width: Math.max(1, Math.min(across ?? room.width, room.width)),
    height: Math.max(1, Math.min(down ?? room.height, room.height)),
    keep: { x: 0.5, y: 0.5, zoom: 1 },
    fill: { color: '#00000000' },
    padding: { across: 0, down: 0 },
  };
}

/** One side alone keeps the proportions, whatever the fit; none keeps the mark's own size. */
function fitFor(fit: SizedFit, across: number | undefined, down: number | undefined): SizedFit {
  if (across !== undefined && down !== undefined) return fit;
  return across === undefined && down === undefined ? 'max' : fit === 'max' ? 'max' : 'clip';
}

function pixelsOf(length: Length, side: number): number {
  return 'px' in length ? length.px : length.share * side;
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
