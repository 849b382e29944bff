import { Failure } from '../failures.ts';
import { coverTooLarge, MAX_CANVAS_PIXELS } from '../pixels/canvas-limit.ts';
import { areaOf, type Bounds, coverBox, exactSize, fitInside } from '../pixels/geometry.ts';
import type { Size } from '../pixels/picture.ts';
import type { Operation } from '../pixels/render-plan.ts';
import { MAX_SIDE, type VariantSpec } from './document-steps.ts';

/** How large a picture is at some point of its way. */
export interface Extent {
  /** pixels */
  readonly size: Size;
  /** false where only the pixels themselves can tell: then `size` is what it is at most */
  readonly known: boolean;
}

/**
 * What operations one after another leave of a picture.
 * @throws Failure `render_too_costly`: a long panorama turned by 45 degrees would need a canvas of gigabytes
 */
export function extentAfter(viewed: Size, operations: readonly Operation[]): Extent {
  let extent: Extent = { size: viewed, known: true };
  for (const operation of operations) {
    if (operation.op === 'trim') extent = { size: extent.size, known: false };
    if (operation.op === 'rotate') extent = turned(extent, operation.angle);
  }
  return extent;
}

function turned({ size, known }: Extent, angle: number): Extent {
  if (angle % 180 === 0) return { size, known };
  if (angle % 90 === 0) return { size: { width: size.height, height: size.width }, known };
  const radians = (angle * Math.PI) / 180;
  const across = Math.abs(Math.cos(radians));
  const along = Math.abs(Math.sin(radians));
  const canvas = {
    width: Math.ceil(size.width * across + size.height * along) + 1,
    height: Math.ceil(size.width * along + size.height * across) + 1,
  };
  if (areaOf(canvas) > MAX_CANVAS_PIXELS) {
    throw new Failure(
      'render_too_costly',
      `Turned by ${angle} degrees, this picture needs a canvas of ${canvas.width} x ${canvas.height} pixels. ` +
        'Send a smaller picture, or use a pipeline that does not turn it.',
    );
  }
  return { size: canvas, known: false };
}

/** The box of a variant. Enlarging knows a limit on both sides, also where the document names one of them. */
export function boundsOf({ width, height, enlarge }: VariantSpec): Bounds {
  const sides = { ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }) };
  const free = width === undefined && height === undefined;
  return enlarge && !free ? { width: MAX_SIDE, height: MAX_SIDE, ...sides } : sides;
}

/** How a picture of known size becomes a variant: scaled whole, then perhaps cut. */
export interface Sizing {
  readonly scaled: Size;
  /** none where the whole picture is kept */
  readonly cut?: Operation;
  /** of the variant */
  readonly size: Size;
}

/** The very numbers that `fit` arrives at when it runs on the picture itself. */
export function sizingOf(whole: Size, variant: VariantSpec, step: string): Sizing {
  const bounds = boundsOf(variant);
  if (variant.fit === 'inside') return uncut(fitInside(whole, bounds, variant));
  if (variant.fit === 'exact') return uncut(exactSize(whole, bounds, variant));
  const { position } = variant;
  if (position === 'entropy' || position === 'attention') return searched(whole, variant, step);
  const { scaled, crop } = coverBox(whole, bounds, position, variant);
  const size = { width: crop.width, height: crop.height };
  return isSameSize(size, scaled) ? uncut(scaled) : { scaled, cut: { step, op: 'extract', ...crop }, size };
}

/**
 * What catches the eye is decided by single pixels: a picture that went another way to the same size may be cut
 * elsewhere. So the part to keep is always searched for in the whole picture at full size.
 */
function searched(whole: Size, variant: VariantSpec, step: string): Sizing {
  const { scaled, crop } = coverBox(whole, boundsOf(variant), 'center', variant);
  const size = { width: crop.width, height: crop.height };
  const [cut] = fitOperations(variant, step);
  return !cut || isSameSize(size, scaled) ? uncut(scaled) : { scaled: whole, cut, size };
}

function isSameSize(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}

function uncut(size: Size): Sizing {
  return { scaled: size, size };
}

/** The sizing that is worked out when it runs; none where the variant is the picture in its own size. */
export function fitOperations(variant: VariantSpec, step: string): Operation[] {
  const bounds = boundsOf(variant);
  if (bounds.width === undefined && bounds.height === undefined) return [];
  const { fit, position, enlarge } = variant;
  return [{ step, op: 'fit', ...bounds, fit, position, enlarge }];
}

/** A variant on its way from the whole picture to the file. */
export interface VariantWay {
  /** of the variant, at most: exactly where the extent is known */
  readonly size: Size;
  /** the most pixels that a page of it has on the way: more than the variant, where what is cut off is enlarged too */
  readonly largestArea: number;
}

/**
 * @param after operations on the sized picture
 * @throws Failure `render_too_costly` where a picture on the way could not be held
 */
export function variantWay(
  extent: Extent,
  variant: VariantSpec,
  sizedBy: string,
  after: readonly Operation[],
): VariantWay {
  const size = variantExtent(extent, variant, sizedBy);
  const scaled = scaledWhole(extent.size, variant);
  const turned = extentAfter(size, after).size;
  return { size, largestArea: Math.max(...[size, scaled, turned].map(areaOf)) };
}

/** The whole picture in the size that the variant is cut from. */
function scaledWhole(whole: Size, variant: VariantSpec): Size {
  if (variant.fit !== 'cover') return { width: 1, height: 1 };
  const { scaled } = coverBox(whole, boundsOf(variant), 'center', variant);
  if (areaOf(scaled) > Math.max(areaOf(whole), MAX_CANVAS_PIXELS)) throw coverTooLarge(scaled);
  return scaled;
}

function variantExtent({ size, known }: Extent, variant: VariantSpec, step: string): Size {
  if (known) return sizingOf(size, variant, step).size;
  const { width, height } = boundsOf(variant);
  return { width: limited(size.width, width, variant), height: limited(size.height, height, variant) };
}

function limited(side: number, bound: number | undefined, { enlarge }: VariantSpec): number {
  if (bound === undefined) return side;
  return enlarge ? bound : Math.min(side, bound);
}
