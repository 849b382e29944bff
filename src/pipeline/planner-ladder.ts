import { areaOf } from '../pixels/geometry.ts';
import type { Size } from '../pixels/picture.ts';
import type { Frame, Operation } from '../pixels/render-plan.ts';
import { localityOf } from './planner-filters.ts';

/**
 * A picture is sized from another one in memory only where that is larger by this factor on both sides. Resampling
 * costs a little sharpness each time: many sizes close to one another must not become a long chain.
 */
const LEAST_SHRINK = 1.25;

/**
 * Operations that need the picture at full size, and those that may wait until it has been shrunk: what looks at
 * single pixels, from after the last operation that does not. Where a picture is enlarged, waiting would cost more.
 */
export function splitBefore(before: readonly Operation[], whole: Size, sizes: readonly Size[]) {
  const last = before.findLastIndex((operation) => localityOf(operation) !== 'pixel');
  const cut = sizes.some((size) => areaOf(size) > areaOf(whole)) ? before.length : last + 1;
  return { settled: before.slice(0, cut), movable: before.slice(cut) };
}

/** Shrinking on load is allowed to the largest size that is needed, where nothing has to see the full size first. */
export function decodeFor(
  from: Frame['from'],
  before: readonly Operation[],
  whole: Size,
  sizes: readonly Size[],
): Frame['from'] {
  const largest = {
    width: Math.max(...sizes.map(({ width }) => width)),
    height: Math.max(...sizes.map(({ height }) => height)),
  };
  const shrinks = largest.width < whole.width && largest.height < whole.height;
  const seesAll = before.some((operation) => localityOf(operation) === 'area');
  return shrinks && !seesAll && 'decode' in from ? { ...from, shrinkTo: asDecoded(largest, before) } : from;
}

/** The same size before the picture was turned by right angles. */
function asDecoded({ width, height }: Size, before: readonly Operation[]): Size {
  const quarters = before.reduce((sum, asked) => sum + (asked.op === 'rotate' ? asked.angle / 90 : 0), 0);
  return quarters % 2 === 0 ? { width, height } : { width: height, height: width };
}

/** Whole pictures from large to small, each made from the nearest one that is well above it. */
export interface Ladder {
  /** each after the one it is made from; the root first */
  readonly frames: readonly Frame[];
  /** the frame with the whole picture at one of the sizes */
  rungFor(size: Size): Frame;
}

/**
 * @param root the source at full size, or as far as it was shrunk on load
 * @param movable what each picture made from the root has still to go through, as soon as it is sized
 * @param make name of the frame for a size, and the operation that gives it this size
 */
export function buildLadder(
  root: Frame,
  whole: Size,
  movable: readonly Operation[],
  sizes: readonly Size[],
  make: (size: Size) => { readonly id: string; readonly resize: Operation },
): Ladder {
  const rungs: { size: Size; frame: Frame }[] = movable.length === 0 ? [{ size: whole, frame: root }] : [];
  for (const size of sizes.toSorted((a, b) => areaOf(b) - areaOf(a))) {
    if (rungs.some((rung) => isSame(rung.size, size))) continue;
    // Not from a picture that was enlarged: it has no more to show than the source, only softer.
    const parent = rungs.findLast(({ size: above }) => isWellAbove(above, size) && isInside(above, whole));
    const { id, resize } = make(size);
    const operations = [...(isSame(size, whole) ? [] : [resize]), ...(parent ? [] : movable)];
    const from = { frame: (parent?.frame ?? root).id };
    rungs.push({ size, frame: { id, from, operations, outputs: [] } });
  }
  return {
    frames: [...new Set([root, ...rungs.map(({ frame }) => frame)])],
    rungFor: (size) => rungs.find((rung) => isSame(rung.size, size))?.frame ?? root,
  };
}

function isWellAbove(size: Size, target: Size): boolean {
  return size.width >= LEAST_SHRINK * target.width && size.height >= LEAST_SHRINK * target.height;
}

function isInside(size: Size, whole: Size): boolean {
  return size.width <= whole.width && size.height <= whole.height;
}

/** Plain data of the same make. */
export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
