import type { Box } from './geometry.ts';
import type { Size } from './picture.ts';
import type { Edges, Radii } from './render-plan.ts';

/** A corner is a quarter of an ellipse, pixels. */
interface Corner {
  readonly x: number;
  readonly y: number;
}

/** A box with round corners, in pixels; its sides may lie between pixels. */
export interface RoundedBox extends Box {
  /** top left, top right, bottom right, bottom left */
  readonly corners: readonly [Corner, Corner, Corner, Corner];
}

/** All of the box, its corners round by these radii. Where two would meet, all shrink (CSS Backgrounds 3, 4.5). */
export function roundedBox(box: Box, radii: Radii): RoundedBox {
  const [topLeft, topRight, bottomRight, bottomLeft] = radii;
  const factor = Math.min(
    1,
    box.width / (topLeft + topRight),
    box.width / (bottomLeft + bottomRight),
    box.height / (topLeft + bottomLeft),
    box.height / (topRight + bottomRight),
  );
  const corner = (radius: number) => ({ x: radius * factor, y: radius * factor });
  return { ...box, corners: [corner(topLeft), corner(topRight), corner(bottomRight), corner(bottomLeft)] };
}

/** The ellipse that touches all four sides. */
export function ellipseIn(box: Box): RoundedBox {
  const corner = { x: box.width / 2, y: box.height / 2 };
  return { ...box, corners: [corner, corner, corner, corner] };
}

/** The box inside the edges; its corners are as far inside the outer ones (CSS Backgrounds 3, 4.2). */
export function insideOf(box: RoundedBox, { top, right, bottom, left }: Edges): RoundedBox {
  const [topLeft, topRight, bottomRight, bottomLeft] = box.corners;
  const corner = (outer: Corner, across: number, down: number) => ({
    x: Math.max(0, outer.x - across),
    y: Math.max(0, outer.y - down),
  });
  return {
    left: box.left + left,
    top: box.top + top,
    width: Math.max(0, box.width - left - right),
    height: Math.max(0, box.height - top - bottom),
    corners: [
      corner(topLeft, left, top),
      corner(topRight, right, top),
      corner(bottomRight, right, bottom),
      corner(bottomLeft, left, bottom),
    ],
  };
}

/**
 * Goes through the pixels of a picture that do not lie in the box as a whole.
 *
 * @param visit is told how much of the pixel lies in it, 0..1
 */
export function eachOutside(
  { width, height }: Size,
  box: RoundedBox,
  visit: (column: number, row: number, coverage: number) => void,
): void {
  const look = (row: number, from: number, to: number) => {
    for (let column = from; column < to; column += 1) {
      const coverage = coverageAt(box, column, row);
      if (coverage < 1) visit(column, row, coverage);
    }
  };
  for (let row = 0; row < height; row += 1) {
    const { from, to } = insideRow(box, row);
    look(row, 0, Math.min(from, width));
    look(row, Math.min(to, width), width);
  }
}

interface Columns {
  readonly from: number;
  readonly to: number;
}

const NOTHING: Columns = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** Columns of a row that lie in the box for certain: most of them, so that they need not be looked at one by one. */
function insideRow({ left, top, width, height, corners }: RoundedBox, row: number): Columns {
  if (overlap(row, top, top + height) < 1) return NOTHING;
  const [fromTop, fromBottom] = [row - top, top + height - (row + 1)];
  const [topLeft, topRight, bottomRight, bottomLeft] = corners;
  const onLeft = Math.max(insetOf(topLeft, fromTop), insetOf(bottomLeft, fromBottom));
  const onRight = Math.max(insetOf(topRight, fromTop), insetOf(bottomRight, fromBottom));
  const from = Math.max(0, Math.ceil(left + onLeft));
  const to = Math.floor(left + width - onRight);
  return from < to ? { from, to } : NOTHING;
}

/** How far from its side a corner reaches in at a height, and a pixel more for the soft edge. */
function insetOf({ x, y }: Corner, height: number): number {
  if (height >= y) return 0;
  const share = 1 - height / y;
  return x * (1 - Math.sqrt(1 - share ** 2)) + 1;
}

/** How much of a pixel lies in the box, 0..1: exact on the straight sides, close on the round ones. */
function coverageAt({ left, top, width, height, corners }: RoundedBox, column: number, row: number): number {
  const straight = overlap(column, left, left + width) * overlap(row, top, top + height);
  if (straight === 0) return 0;
  const [fromLeft, fromTop] = [column + 0.5 - left, row + 0.5 - top];
  const [fromRight, fromBottom] = [width - fromLeft, height - fromTop];
  const [topLeft, topRight, bottomRight, bottomLeft] = corners;
  return Math.min(
    straight,
    insideCorner(topLeft, fromLeft, fromTop),
    insideCorner(topRight, fromRight, fromTop),
    insideCorner(bottomRight, fromRight, fromBottom),
    insideCorner(bottomLeft, fromLeft, fromBottom),
  );
}

function overlap(pixel: number, from: number, to: number): number {
  return Math.max(0, Math.min(pixel + 1, to) - Math.max(pixel, from));
}

/**
 * How much of a pixel lies on the inner side of a corner, by the distance to its ellipse: to a first approximation, the
 * equation of that over how fast it changes.
 */
function insideCorner({ x, y }: Corner, fromSide: number, fromEdge: number): number {
  const [across, down] = [x - fromSide, y - fromEdge];
  if (across <= 0 || down <= 0) return 1;
  const [u, v] = [across / x, down / y];
  const length = Math.hypot(u, v);
  const distance = ((length - 1) * length) / Math.hypot(u / x, v / y);
  return Math.min(1, Math.max(0, 0.5 - distance));
}
