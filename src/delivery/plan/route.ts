import { Failure } from '../../failures.ts';
import { areaOf, type Box, turnedSize } from '../../pixels/geometry.ts';
import type { Probe, Size } from '../../pixels/picture.ts';
import type { Operation } from '../../pixels/render-plan.ts';
import { sizeAfter } from '../../pixels/sizes.ts';
import type { DeliveryRequest } from '../request.ts';
import { resolveRect } from './source-rect.ts';
import { trimOperations, turnOperations, uprightOperations } from './turn.ts';

/** What happens to a picture before it is sized, in this order, and how large that leaves it. */
export interface Route {
  /** of the whole source, as it is stored */
  readonly stored: Size;
  /** `rect`: a part of that */
  readonly cut?: Box;
  readonly upright: readonly Operation[];
  /** of the pipeline */
  readonly filters: readonly Operation[];
  readonly trim: readonly Operation[];
  /** `rot` and `flip` */
  readonly turns: readonly Operation[];
  /** when all of these are done: exactly, or where only the pixels tell, at most */
  readonly turned: Size;
}

/** The largest picture that may be made on the way, pixels: 480 MB with alpha. */
const MAX_CANVAS = 120_000_000;

/** @throws Failure `invalid_request` where rect lies outside the picture */
export function routeOf(request: DeliveryRequest, probe: Probe, filters: readonly Operation[]): Route {
  const cut = request.source.rect && resolveRect(request.source.rect, probe.stored);
  const route = {
    stored: probe.stored,
    ...(cut && { cut }),
    upright: uprightOperations(request.source.orient, probe.orientation),
    filters,
    trim: trimOperations(request.turn),
    turns: turnOperations(request),
  };
  return { ...route, turned: sizeThrough(partOf(route), operationsOf(route), probe.orientation) };
}

/** The part of the source that goes this way, pixels as stored. */
export function partOf({ stored, cut }: Pick<Route, 'stored' | 'cut'>): Size {
  return cut ? { width: cut.width, height: cut.height } : stored;
}

/** All of it but the rect, at full size. */
export function operationsOf({ upright, filters, trim, turns }: Omit<Route, 'turned'>): Operation[] {
  return [...upright, ...filters, ...trim, ...turns];
}

function sizeThrough(start: Size, operations: readonly Operation[], orientation: number): Size {
  return operations.reduce((size, operation) => sizeAfter(size, operation, orientation), start);
}

/**
 * Every picture on the way fits into memory.
 *
 * @param start pixels, before the operations
 * @throws Failure `render_too_costly`: a long panorama turned by 45 degrees would need a canvas of gigabytes
 */
export function assertHeld(start: Size, operations: readonly Operation[], orientation: number): void {
  let size = start;
  for (const operation of operations) {
    if (operation.op === 'rotate' || operation.op === 'straighten') {
      assertCanvas(turnedSize(size, operation.angle));
    }
    size = sizeAfter(size, operation, orientation);
  }
}

function assertCanvas(canvas: Size): void {
  if (areaOf(canvas) <= MAX_CANVAS) return;
  throw new Failure(
    'render_too_costly',
    `Turned like this, the picture needs a canvas of ${canvas.width} x ${canvas.height} pixels. ` +
      'Ask for a smaller size, or turn it by 90, 180 or 270 degrees.',
  );
}
