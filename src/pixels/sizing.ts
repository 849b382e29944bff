import { areaOf, type Box } from './geometry.ts';
import type { Size } from './picture.ts';

/**
 * How a picture meets the box that it is wanted in: pure functions from numbers to numbers, used by whoever plans and,
 * where only the pixels tell how large a picture is (it was trimmed), by whoever renders.
 */

export const SIZED_FITS = ['clip', 'max', 'crop', 'min', 'scale', 'fill', 'fillmax', 'clamp'] as const;
/**
 * - `clip`: inside the box, proportions kept; may enlarge
 * - `max`: as clip, never enlarges
 * - `crop`: exactly the box, the excess cut off; may enlarge
 * - `min`: as crop, but a box that is larger than the picture on either side shrinks first, keeping its proportions
 * - `scale`: exactly the box, proportions ignored
 * - `fill`: as clip, and the rest of the box is filled
 * - `fillmax`: as max, and the rest of the box is filled
 * - `clamp`: as clip, and the rest of the box is filled with the picture's edge pixels
 */
export type SizedFit = (typeof SIZED_FITS)[number];

export interface SizedSpec {
  readonly fit: SizedFit;
  /** of the box, pixels, with its padding; a fraction is rounded at the end. A side left out keeps the proportions. */
  readonly width?: number;
  readonly height?: number;
  /** width / height of a box that has no sides: the largest in the picture to `crop`, the smallest around it to `fill` */
  readonly aspectRatio?: number;
  /** bounds of what `crop` makes, pixels, with its padding; where they contradict each other, `least` wins */
  readonly least?: Partial<Size>;
  readonly most?: Partial<Size>;
  /** what `crop` and `min` keep */
  readonly keep: Keep;
  /** what the rest of the box is filled with by `fill` and `fillmax` */
  readonly fill: Fill;
  /** pixels that padding will add: with a side of the box given it is inside, else it is added */
  readonly padding: { readonly across: number; readonly down: number };
}

/** A point as shares of width and height, 0..1, and how far to go in on it, 1..100; or what libvips finds. */
export type Keep =
  | { readonly x: number; readonly y: number; readonly zoom: number }
  | 'entropy'
  | 'attention';

/** `color` is #rrggbb or #rrggbbaa; `blur` is the picture itself, out of focus; `clamp` its edge pixels, drawn out. */
export type Fill = { readonly color: string } | 'blur' | 'clamp';

/** What is done to a picture, in this order. */
export interface Sizing {
  /** keep this part of it, in its own pixels; none keeps all */
  readonly crop?: Part;
  /** scale that to exactly this size; the size that it has already means leave it */
  readonly resize: Size;
  /** keep this part, in pixels of what was scaled; none keeps all */
  readonly cut?: Part;
  /** lay that on a larger ground */
  readonly canvas?: Canvas;
  /** what comes out, pixels */
  readonly size: Size;
  /** only where the limits on outputs made it smaller: what would have come out, pixels */
  readonly unlimited?: Size;
}

/** A place that is known, or a size whose best place has to be looked for in the pixels. */
export type Part = Box | Search;
export interface Search extends Size {
  readonly by: 'entropy' | 'attention';
}

export interface Canvas {
  readonly size: Size;
  /** where the picture lies on it */
  readonly left: number;
  readonly top: number;
  readonly fill: Fill;
}

/** Longest side of what is delivered, padding included, pixels. */
export const MAX_OUTPUT_SIDE = 8192;
/** Pixels of what is delivered, padding included. */
export const MAX_OUTPUT_PIXELS = 40_000_000;

/** Pixels around a part that is cut out before it is enlarged: Lanczos 3 looks at three neighbours. */
const CONTEXT = 4;

/**
 * What to do to a picture so that it meets the box of the spec. What comes out never exceeds the limits above: where
 * the spec asks for more, all of it gets smaller in proportion.
 *
 * A picture that shrinks is scaled whole and cut afterwards, which lets it be shrunk while it is decoded. One that grows
 * is cut first, so that nothing is enlarged only to be thrown away.
 *
 * @param source pixels, each side at least 1
 */
export function resolveSizing(source: Size, spec: SizedSpec): Sizing {
  const asked = framings[spec.fit](source, roomIn(source, spec), zoomOf(spec));
  const framing = limited(asked, spec.padding);
  const sizing = covers(spec.fit) ? coverFrame(source, framing, spec.keep) : fillFrame(source, framing, spec);
  return framing === asked ? sizing : { ...sizing, unlimited: rounded(asked.frame) };
}

/** Whether a part says where it lies. */
export function isPlaced(part: Part): part is Box {
  return 'left' in part;
}

/** The picture scaled by two factors, and the frame that shows it. Nothing is rounded yet. */
interface Framing {
  readonly across: number;
  readonly down: number;
  readonly frame: Size;
}

/** The sides of the box that are left for the picture, pixels. */
type Room = Partial<Size>;

type Frame = (source: Size, room: Room, zoom: number) => Framing;

const framings: Readonly<Record<SizedFit, Frame>> = {
  clip: (source, room) => whole(source, factorInside(source, room)),
  max: (source, room) => whole(source, Math.min(1, factorInside(source, room))),
  crop: (source, room, zoom) => covered(source, boxOf(source, room, 1), zoom),
  min: (source, room, zoom) => {
    const box = boxOf(source, room, 1);
    return covered(source, scaled(box, Math.min(1, factorInside(box, source))), zoom);
  },
  scale: (source, room) => {
    const frame = boxOf(source, room, 1);
    return { across: frame.width / source.width, down: frame.height / source.height, frame };
  },
  fill: (source, room) => framed(source, room, factorInside(source, room)),
  fillmax: (source, room) => framed(source, room, Math.min(1, factorInside(source, room))),
  clamp: (source, room) => framed(source, room, factorInside(source, room)),
};

function whole(source: Size, factor: number): Framing {
  return { across: factor, down: factor, frame: scaled(source, factor) };
}

function framed(source: Size, room: Room, factor: number): Framing {
  return { across: factor, down: factor, frame: boxOf(source, room, factor) };
}

function covered(source: Size, frame: Size, zoom: number): Framing {
  const factor = Math.max(frame.width / source.width, frame.height / source.height) * zoom;
  return { across: factor, down: factor, frame };
}

function covers(fit: SizedFit): boolean {
  return fit === 'crop' || fit === 'min';
}

function zoomOf({ keep }: SizedSpec): number {
  return typeof keep === 'string' ? 1 : keep.zoom;
}

/** By how much to scale so that all of it fits; 1 where nothing bounds it. */
function factorInside(source: Size, room: Room): number {
  const factor = Math.min(
    (room.width ?? Number.POSITIVE_INFINITY) / source.width,
    (room.height ?? Number.POSITIVE_INFINITY) / source.height,
  );
  return Number.isFinite(factor) ? factor : 1;
}

/** The room with both its sides: one that is missing is the picture's. Without any, the picture scaled by the factor. */
function boxOf(source: Size, { width, height }: Room, factor: number): Size {
  const ratio = source.width / source.height;
  if (width !== undefined) return { width, height: height ?? width / ratio };
  return height === undefined ? scaled(source, factor) : { width: height * ratio, height };
}

function roomIn(source: Size, spec: SizedSpec): Room {
  const { padding } = spec;
  const outer = spec.fit === 'crop' ? bounded(source, outerBox(source, spec), spec) : outerBox(source, spec);
  return sides(less(outer.width, padding.across), less(outer.height, padding.down));
}

function less(side: number | undefined, padding: number): number | undefined {
  return side === undefined ? undefined : Math.max(1, side - padding);
}

/** The box with its padding. */
function outerBox(source: Size, { fit, width, height, aspectRatio, padding }: SizedSpec): Room {
  if (width !== undefined || height !== undefined) return sides(width, height);
  if (aspectRatio === undefined) return {};
  const shape = { width: aspectRatio, height: 1 };
  const inside = factorInside(shape, source);
  const around = Math.max(source.width / aspectRatio, source.height);
  const box = scaled(shape, fit === 'fill' ? around : inside);
  return { width: box.width + padding.across, height: box.height + padding.down };
}

/** A side that was not given follows the picture's proportions before it is bounded. */
function bounded(source: Size, room: Room, { least = {}, most = {}, padding }: SizedSpec): Room {
  if (![least, most].some((bound) => bound.width !== undefined || bound.height !== undefined)) return room;
  const width = between(room.width, least.width, most.width);
  const height = between(room.height, least.height, most.height);
  const inner = boxOf(source, sides(less(width, padding.across), less(height, padding.down)), 1);
  return sides(
    width ?? between(inner.width + padding.across, least.width, most.width),
    height ?? between(inner.height + padding.down, least.height, most.height),
  );
}

function between(side: number | undefined, least = 0, most = Number.POSITIVE_INFINITY): number | undefined {
  return side === undefined ? undefined : Math.max(least, Math.min(most, side));
}

function sides(width: number | undefined, height: number | undefined): Room {
  return { ...(width !== undefined && { width }), ...(height !== undefined && { height }) };
}

/** All of it smaller, where the frame and its padding would be more than may be delivered. */
function limited(framing: Framing, padding: SizedSpec['padding']): Framing {
  const { width, height } = rounded(framing.frame);
  const factor = factorWithin({ width, height }, padding);
  if (factor >= 1) return framing;
  const { across, down } = framing;
  // rounded down: up could exceed the limit again
  const frame = {
    width: Math.max(1, Math.floor(width * factor)),
    height: Math.max(1, Math.floor(height * factor)),
  };
  return { across: across * factor, down: down * factor, frame };
}

/** The largest factor whose frame, with padding that does not shrink, keeps all limits. */
function factorWithin({ width, height }: Size, { across, down }: SizedSpec['padding']): number {
  const bySide = Math.min((MAX_OUTPUT_SIDE - across) / width, (MAX_OUTPUT_SIDE - down) / height);
  if (areaOf({ width: width + across, height: height + down }) <= MAX_OUTPUT_PIXELS) return bySide;
  // (f width + across) (f height + down) = the limit, solved for f
  const square = width * height;
  const linear = width * down + height * across;
  const constant = across * down - MAX_OUTPUT_PIXELS;
  const byArea = (Math.sqrt(linear ** 2 - 4 * square * constant) - linear) / (2 * square);
  return Math.min(bySide, byArea);
}

/** The whole picture, on a canvas where the frame is larger. */
function fillFrame(source: Size, { across, down, frame }: Framing, { fit, fill }: SizedSpec): Sizing {
  const size = rounded(frame);
  const near = rounded({ width: source.width * across, height: source.height * down });
  const resize = { width: Math.min(near.width, size.width), height: Math.min(near.height, size.height) };
  if (isSameSize(resize, size)) return { resize, size };
  const left = Math.floor((size.width - resize.width) / 2);
  const top = Math.floor((size.height - resize.height) / 2);
  return { resize, canvas: { size, left, top, fill: fit === 'clamp' ? 'clamp' : fill }, size };
}

/** As much of the picture as the frame shows. */
function coverFrame(source: Size, { across, down, frame }: Framing, keep: Keep): Sizing {
  const size = rounded(frame);
  const near = rounded({ width: source.width * across, height: source.height * down });
  // rounding must not leave a side one pixel short of the frame
  const resize = { width: Math.max(near.width, size.width), height: Math.max(near.height, size.height) };
  if (isSameSize(resize, size)) return { resize, size };
  if (typeof keep === 'string') return searched(source, resize, size, keep);
  const cut = {
    left: around(keep.x, resize.width, size.width),
    top: around(keep.y, resize.height, size.height),
    ...size,
  };
  return across > 1 ? cropFirst(source, resize, cut) : { resize, cut, size };
}

/** Where a length begins whose middle is at the share of the whole, as far as it stays inside. */
function around(share: number, total: number, length: number): number {
  return Math.min(total - length, Math.max(0, Math.round(share * total - length / 2)));
}

function searched(source: Size, resize: Size, size: Size, by: Search['by']): Sizing {
  if (resize.width <= source.width) return { resize, cut: { ...size, by }, size };
  const crop = rounded({
    width: (size.width * source.width) / resize.width,
    height: (size.height * source.height) / resize.height,
  });
  return { crop: { ...crop, by }, resize: size, size };
}

/** The same as scaling all of it and cutting then, from just those pixels that matter. */
function cropFirst(source: Size, resize: Size, cut: Box): Sizing {
  const { width, height } = cut;
  const size = { width, height };
  const columns = cropSide(source.width, resize.width, cut.left, width);
  const rows = cropSide(source.height, resize.height, cut.top, height);
  const crop = { left: columns.start, top: rows.start, width: columns.length, height: rows.length };
  return {
    ...(isSameSize(crop, source) ? {} : { crop }),
    resize: { width: columns.resized, height: rows.resized },
    cut: { left: columns.offset, top: rows.offset, ...size },
    size,
  };
}

function cropSide(source: number, resized: number, from: number, length: number) {
  const factor = resized / source;
  const start = Math.max(0, Math.floor(from / factor) - CONTEXT);
  const end = Math.min(source, Math.ceil((from + length) / factor) + CONTEXT);
  const size = Math.max(length, Math.round((end - start) * factor));
  const offset = Math.min(size - length, Math.max(0, Math.round(from - start * factor)));
  return { start, length: end - start, resized: size, offset };
}

function scaled(size: Size, factor: number): Size {
  return { width: size.width * factor, height: size.height * factor };
}

/** A half goes up, also one that divisions have left a last digit short of a half. */
function rounded({ width, height }: Size): Size {
  return { width: Math.max(1, Math.round(width + 1e-6)), height: Math.max(1, Math.round(height + 1e-6)) };
}

function isSameSize(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}
