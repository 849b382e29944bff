import type { Box } from '../../pixels/geometry.ts';
import type { Size } from '../../pixels/picture.ts';
import type { Length, SourceRequest } from '../request.ts';
import { refusal } from './refusal.ts';

type Rect = NonNullable<SourceRequest['rect']>;

/**
 * The part of the source that `rect` names. What reaches over an edge ends there.
 *
 * @param stored pixels: rect comes before the picture is turned upright
 * @throws Failure `invalid_request` where it begins outside the picture
 */
export function resolveRect(rect: Rect, stored: Size): Box {
  const columns = alongSide(rect.x, rect.width, stored.width);
  const rows = alongSide(rect.y, rect.height, stored.height);
  if (columns.start >= stored.width || rows.start >= stored.height) {
    throw refusal(
      'rect',
      `rect begins outside the picture, which is ${stored.width} x ${stored.height} pixels before it is turned. ` +
        'Begin further left or further up.',
    );
  }
  return {
    left: columns.start,
    top: rows.start,
    width: Math.min(columns.length, stored.width - columns.start),
    height: Math.min(rows.length, stored.height - rows.start),
  };
}

/** What is left over, as a share, before a part that is named by a word. */
const PLACES = { left: 0, top: 0, center: 0.5, middle: 0.5, right: 1, bottom: 1 } as const;

function alongSide(start: Rect['x'] | Rect['y'], asked: Rect['width'], side: number) {
  const length = asked === 'full' ? side : Math.max(1, pixelsOf(asked, side));
  if (typeof start !== 'string') return { start: pixelsOf(start, side), length };
  const inside = Math.min(length, side);
  return { start: Math.floor((side - inside) * PLACES[start]), length: inside };
}

function pixelsOf(length: Length, side: number): number {
  return 'px' in length ? length.px : Math.round(length.share * side);
}
