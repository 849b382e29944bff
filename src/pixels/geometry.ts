import type { Size } from './picture.ts';
import type { Position } from './render-plan.ts';

/** Pure functions from numbers to numbers: what size a picture gets, decided before any pixel is touched. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Two sides of a box to fit into; a side that is left out follows the proportions. */
export interface Bounds {
  readonly width?: number;
  readonly height?: number;
}

export interface SizingOptions {
  /** a picture smaller than the box is made larger */
  readonly enlarge: boolean;
}

/** What to scale a picture to, and which part of that to keep. */
export interface Cover {
  readonly scaled: Size;
  readonly crop: Box;
}

/**
 * Largest size with the source's proportions that fits in the bounds. Never enlarges unless asked.
 *
 * @param source pixels, after EXIF orientation
 * @param bounds pixels
 * @returns whole pixels, each side at least 1
 */
export function fitInside(source: Size, bounds: Bounds, { enlarge }: SizingOptions): Size {
  const factor = Math.min(
    (bounds.width ?? Number.POSITIVE_INFINITY) / source.width,
    (bounds.height ?? Number.POSITIVE_INFINITY) / source.height,
  );
  if (!Number.isFinite(factor)) return source;
  return scale(source, enlarge ? factor : Math.min(1, factor));
}

/**
 * Smallest size with the source's proportions that covers the box, and the part of it to keep: together they give
 * exactly the box. Without `enlarge` a box larger than the picture is shrunk, keeping the box's proportions, until the
 * picture covers it.
 *
 * @param source pixels, after EXIF orientation
 * @param bounds pixels; with a side left out nothing is cut off, as in {@link fitInside}
 */
export function coverBox(
  source: Size,
  bounds: Bounds,
  position: Position,
  { enlarge }: SizingOptions,
): Cover {
  const box = boxToCover(source, bounds, enlarge);
  const factor = Math.max(box.width / source.width, box.height / source.height);
  const near = scale(source, factor);
  // rounding must not leave a side one pixel short of the box
  const scaled = { width: Math.max(near.width, box.width), height: Math.max(near.height, box.height) };
  return { scaled, crop: placeInside(scaled, box, position) };
}

function boxToCover(source: Size, { width, height }: Bounds, enlarge: boolean): Size {
  if (width === undefined || height === undefined) {
    return fitInside(source, { ...(width && { width }), ...(height && { height }) }, { enlarge });
  }
  const box = { width, height };
  return enlarge ? box : scale(box, Math.min(1, source.width / width, source.height / height));
}

/**
 * The size of the bounds whatever the proportions. A side that is left out keeps the source's. Without `enlarge` no
 * side grows.
 */
export function exactSize(source: Size, bounds: Bounds, { enlarge }: SizingOptions): Size {
  const width = bounds.width ?? source.width;
  const height = bounds.height ?? source.height;
  if (enlarge) return { width, height };
  return { width: Math.min(width, source.width), height: Math.min(height, source.height) };
}

/**
 * Where a box of the inner size lies in the outer one.
 *
 * @param inner pixels, no side longer than the outer's
 * @param margin pixels to keep free at the edges that the position touches; less where there is no room
 */
export function placeInside(outer: Size, inner: Size, position: Position, margin = 0): Box {
  const [across, down] = SHARES[position];
  const place = (free: number, share: number) => {
    const kept = Math.min(margin, Math.floor(free / 2));
    return Math.round(kept + (free - 2 * kept) * share);
  };
  return {
    left: place(outer.width - inner.width, across),
    top: place(outer.height - inner.height, down),
    width: inner.width,
    height: inner.height,
  };
}

/** How much of the free room lies left of and above the box. */
const SHARES: Readonly<Record<Position, readonly [across: number, down: number]>> = {
  'top-left': [0, 0],
  top: [0.5, 0],
  'top-right': [1, 0],
  left: [0, 0.5],
  center: [0.5, 0.5],
  right: [1, 0.5],
  'bottom-left': [0, 1],
  bottom: [0.5, 1],
  'bottom-right': [1, 1],
};

/**
 * Size after EXIF orientation: 5 to 8 lie on their side.
 *
 * @param orientation 1..8
 */
export function viewedSize(stored: Size, orientation: number): Size {
  return orientation >= 5 ? { width: stored.height, height: stored.width } : stored;
}

/**
 * Size of the box around a picture that has been turned. To a pixel a side: libvips rounds in its own way.
 *
 * @param angle degrees
 */
export function turnedSize({ width, height }: Size, angle: number): Size {
  const radians = (angle * Math.PI) / 180;
  const [along, across] = [Math.abs(Math.cos(radians)), Math.abs(Math.sin(radians))];
  return {
    width: Math.max(1, Math.round(width * along + height * across)),
    height: Math.max(1, Math.round(width * across + height * along)),
  };
}

/**
 * By how much a JPEG may be shrunk while it is decoded, when it is wanted at the target size: the same steps as
 * sharp takes (its pipeline.cc, "jpeg preload shrink"), which keep clear of libjpeg's rounding.
 *
 * @returns 1, 2, 4 or 8
 */
export function jpegShrink(source: Size, target: Size): 1 | 2 | 4 | 8 {
  const shrink = Math.min(source.width / target.width, source.height / target.height);
  if (shrink >= 9) return 8;
  if (shrink >= 5) return 4;
  return shrink >= 3 ? 2 : 1;
}

/**
 * A size to decode to, where a picture is wanted at several sizes up to the target: the whole divided by a power of two,
 * far enough above the target that what is made from it stays sharp.
 */
export function reducedFor(whole: Size, target: Size): Size {
  const divisor = jpegShrink(whole, target);
  return { width: Math.ceil(whole.width / divisor), height: Math.ceil(whole.height / divisor) };
}

/** libvips looks for borders through a window of this many pixels a side: a picture has to hold it. */
const TRIM_WINDOW = 3;

/** Whether borders can be looked for. A smaller picture stays as it is. */
export function isTrimmable({ width, height }: Size): boolean {
  return Math.min(width, height) >= TRIM_WINDOW;
}

/** Smallest box that contains all of the boxes. */
export function unionOf(boxes: readonly [Box, ...Box[]]): Box {
  const left = Math.min(...boxes.map((box) => box.left));
  const top = Math.min(...boxes.map((box) => box.top));
  const right = Math.max(...boxes.map((box) => box.left + box.width));
  const bottom = Math.max(...boxes.map((box) => box.top + box.height));
  return { left, top, width: right - left, height: bottom - top };
}

/** pixels of one page */
export function areaOf(size: Size): number {
  return size.width * size.height;
}

function scale(source: Size, factor: number): Size {
  return {
    width: Math.max(1, Math.round(source.width * factor)),
    height: Math.max(1, Math.round(source.height * factor)),
  };
}
