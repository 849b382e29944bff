import { localityOf } from '../../pipeline/planner-filters.ts';
import type { Box } from '../../pixels/geometry.ts';
import type { Size } from '../../pixels/picture.ts';
import type { Operation } from '../../pixels/render-plan.ts';
import type { Sizing } from '../../pixels/sizing.ts';
import { operationsOf, partOf, type Route } from './route.ts';
import { isRigid, sizeBefore } from './turn.ts';

/** The beginning of a frame: the file decoded to less than its full size. */
export interface Shrunk {
  /** none where a part that is cut out would lose too much */
  readonly shrinkTo?: Size;
  /** with which the part of the source that is wanted has been cut out and has its size */
  readonly operations: readonly Operation[];
}

/**
 * How much larger than in the result a picture is kept while something is done to it that is a little unsharp: while it
 * is turned by a few degrees, or cut along lines that may fall between two of its pixels.
 */
const OVERSAMPLED = 2;

/** Shrunk by less than this, decoding at full size costs as much. */
const LEAST_SHRINK = 0.75;

/**
 * The size that the part of the source may be decoded to, as stored; none where something has to see it in full.
 *
 * @param sizing of the picture after the route
 */
export function decodableSize(route: Route, sizing: Sizing, orientation: number): Size | undefined {
  if (sizing.crop || route.trim.length > 0 || !route.filters.every(isOfPixels)) return undefined;
  const part = partOf(route);
  const operations = operationsOf(route);
  if (turnsInQuarters(route)) {
    const size = sizeBefore(sizing.resize, operations, orientation);
    return isSmaller(size, part) ? size : undefined;
  }
  const factor = OVERSAMPLED * factorOf(sizing.resize, route.turned);
  return factor > LEAST_SHRINK ? undefined : scaledBy(part, factor);
}

export function turnsInQuarters({ turns }: Route): boolean {
  return turns.every(isRigid);
}

function isOfPixels(operation: Operation): boolean {
  return localityOf(operation) === 'pixel';
}

/** Decodes the part of the source that is wanted to the size. */
export function decodeTo(size: Size, { stored, cut }: Route): Shrunk {
  const toSize: Operation = { step: 'resize', op: 'resize', ...size };
  if (!cut) return { shrinkTo: size, operations: [toSize] };
  const factor = OVERSAMPLED * factorOf(size, cut);
  if (factor > LEAST_SHRINK) return { operations: [cutOut(cut), toSize] };
  const whole = scaledBy(stored, factor);
  return {
    shrinkTo: whole,
    operations: [{ step: 'rect', op: 'resize', ...whole }, cutOut(scaledBox(cut, stored, whole)), toSize],
  };
}

export function cutOut(box: Box): Operation {
  return { step: 'rect', op: 'extract', ...box };
}

/** The box on the same picture in another size. */
function scaledBox(box: Box, from: Size, to: Size): Box {
  const columns = scaledSpan(box.left, box.width, to.width / from.width);
  const rows = scaledSpan(box.top, box.height, to.height / from.height);
  return { left: columns.start, top: rows.start, width: columns.length, height: rows.length };
}

function scaledSpan(start: number, length: number, factor: number) {
  const first = Math.round(start * factor);
  return { start: first, length: Math.max(1, Math.round((start + length) * factor) - first) };
}

/** By how much the side is scaled that shrinks least. */
function factorOf(to: Size, from: Size): number {
  return Math.max(to.width / from.width, to.height / from.height);
}

function scaledBy({ width, height }: Size, factor: number): Size {
  return { width: Math.ceil(width * factor), height: Math.ceil(height * factor) };
}

function isSmaller(size: Size, whole: Size): boolean {
  return (
    size.width <= whole.width &&
    size.height <= whole.height &&
    size.width * size.height < whole.width * whole.height
  );
}
