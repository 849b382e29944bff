import type { Size } from '../picture.ts';
import type { Length, PlaceOperation } from '../render-plan.ts';
import type { SizedFit, SizedSpec } from '../sizing.ts';
import { roomInside } from './aligned.ts';

/** How a mark meets its box, which is no larger than the room between the paddings of the picture. */
export function markBox(
  picture: Size,
  { width, height, scale, fit, pad }: PlaceOperation,
): SizedSpec & Required<Pick<SizedSpec, 'width' | 'height'>> {
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
