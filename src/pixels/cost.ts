import { areaOf } from './geometry.ts';
import { isPassedThrough, type Lead, leadOf, type Origin, PORTION_BYTES, type Source } from './lead.ts';
import { channelsAfter, scratchBytes } from './operation-cost.ts';
import type { PictureFormat, Probe, Size } from './picture.ts';
import type { Encoding, Frame, Operation, Output, RenderPlan } from './render-plan.ts';
import { sizeAfter } from './sizes.ts';

/**
 * What rendering a plan takes in memory, worked out from the header alone, so that work can be admitted by bytes.
 *
 * The figures are upper ends of peak resident memory (VmHWM) of a child process with MALLOC_ARENA_MAX=2, sharp 0.35.5,
 * measured on a photograph scaled to 12, 24, 25 and 50 megapixels in every format and mode that is named below, through
 * plans of one decode, one operation or one output each. In 146 cases the estimate was 1.0 to 3.5 times the peak, 1.3
 * on average: what the header does not tell (chroma, strips, lossless or not) is taken for the worst.
 */
const BASE_BYTES = 125 * 2 ** 20;

/**
 * The most that a renderer's resident memory reaches while it carries out the plan, bytes; errs on the high side.
 *
 * @param probe of the plan's source
 */
export function estimateBytes(probe: Probe, plan: RenderPlan): number {
  const kept = new Map<string, Picture>();
  let peak = 0;
  for (const [index, frame] of plan.frames.entries()) {
    const held = sum([...kept.values()].map(bytesOf));
    const made = frameCost(probe, plan, frame, kept);
    peak = Math.max(peak, held + made.peak);
    kept.set(frame.id, made.picture);
    for (const id of kept.keys()) if (!isNeeded(plan, id, index)) kept.delete(id);
  }
  return BASE_BYTES + peak;
}

/** A picture in memory. */
interface Picture extends Size {
  readonly channels: 3 | 4;
  readonly pages: number;
  readonly orientation: number;
}

interface FrameCost {
  /** while the frame is made and written, without what is kept of others */
  readonly peak: number;
  readonly picture: Picture;
}

function frameCost(
  probe: Probe,
  plan: RenderPlan,
  frame: Frame,
  kept: ReadonlyMap<string, Picture>,
): FrameCost {
  if ('frame' in frame.from) {
    const parent = kept.get(frame.from.frame);
    if (!parent)
      throw new Error(`the plan makes a frame from ${frame.from.frame}, which is not an earlier frame`);
    return workCost(parent, frame.operations, frame.outputs, 0);
  }
  const source = sourceOf(probe, frame.from);
  const lead = leadOf(source, frame.from, frame.operations);
  const decoded: Picture = {
    ...lead.size,
    channels: source.hasAlpha ? 4 : 3,
    pages: source.pages,
    orientation: lead.isUpright ? 1 : probe.orientation,
  };
  const isPassed = isPassedThrough(plan, frame, source, lead);
  const decoding = decoderBytes(probe, source, lead, isPassed);
  if (isPassed) {
    const encoding = Math.max(...frame.outputs.map((output) => encoderBytes(decoded, output.encoding)));
    return { peak: decoding + encoding, picture: { ...decoded, width: 0, height: 0 } };
  }
  const rest = frame.operations.slice(lead.operationsDone);
  const work = workCost(decoded, rest, frame.outputs, bytesOf(decoded));
  return { peak: Math.max(decoding + bytesOf(decoded), work.peak), picture: work.picture };
}

function sourceOf(probe: Probe, origin: Origin): Source {
  const { stored, orientation, hasAlpha, format } = probe;
  // a GIF's first frame may be opaque and a later one not
  return {
    stored,
    orientation,
    hasAlpha: hasAlpha || format === 'gif',
    pages: origin.decode === 'all' ? probe.pages : 1,
  };
}

/** Of pictures that nobody needs any more, this much at most waits for the collector, bytes. */
const UNCOLLECTED_BYTES = 48 * 2 ** 20;

/**
 * Operations and outputs over a picture in memory.
 *
 * @param own bytes of the start that nobody else has counted
 */
function workCost(
  start: Picture,
  operations: readonly Operation[],
  outputs: readonly Output[],
  own: number,
): FrameCost {
  let picture = start;
  let held = own;
  let peak = own;
  let left = 0;
  for (const operation of operations) {
    const next = pictureAfter(picture, operation);
    peak = Math.max(peak, left + held + bytesOf(next) + scratchBytes(picture, operation));
    left = Math.min(left + held, UNCOLLECTED_BYTES);
    picture = next;
    held = bytesOf(next);
  }
  const encoding = Math.max(0, ...outputs.map((output) => encoderBytes(picture, output.encoding)));
  return { peak: Math.max(peak, left + held + encoding), picture };
}

function pictureAfter(picture: Picture, operation: Operation): Picture {
  return {
    ...picture,
    ...sizeAfter(picture, operation, picture.orientation),
    channels: channelsAfter(picture.channels, operation),
    orientation: operation.op === 'orient' ? 1 : picture.orientation,
  };
}

/** Bytes a stored pixel that the decoder holds; what comes out of it is counted apart. */
const DECODER: Readonly<Record<PictureFormat, number>> = {
  // baseline: lines
  jpeg: 0.5,
  png: 0.5,
  // the last picture, the one before, and the file itself
  gif: 6,
  // the whole canvas, whatever is wanted of it
  webp: 7.7,
  avif: 18,
  // a strip may be the whole picture
  tiff: 1,
};
/** A progressive JPEG keeps its coefficients, an interlaced PNG its pixels, until the last scan. */
const PROGRESSIVE: Readonly<Partial<Record<PictureFormat, number>>> = { jpeg: 6.3, png: 1 };

/** Where the picture is shrunk on load. */
const SHRUNK: Readonly<Partial<Record<PictureFormat, number>>> = { webp: 4 };

function decoderBytes(probe: Probe, source: Source, lead: Lead, isWhole: boolean): number {
  const area = areaOf(source.stored);
  const perPixel = bytesPerPixel(probe);
  const other = probe.isProgressive ? PROGRESSIVE[probe.format] : lead.scaled && SHRUNK[probe.format];
  const scaled = probe.format === 'png' || probe.format === 'tiff';
  const decoder = area * (other || DECODER[probe.format]) * (scaled ? perPixel : 1);
  // lines that wait to be shrunk, or the picture that waits to be turned
  const lines = lead.scaled ? area * 0.35 * perPixel : 0;
  const turning = lead.isUpright && source.orientation > 1 ? areaOf(lead.size) * 4 : 0;
  if (source.pages === 1) return decoder + lines + turning;
  // a WebP's pages are all on its canvas before the first comes out
  const pages = area * source.pages * 4;
  if (isWhole) return decoder + (probe.format === 'webp' ? pages : 0);
  return decoder + Math.min(pages, PORTION_BYTES) * (probe.format === 'webp' ? 3 : 2);
}

/** Bytes a stored pixel, as the decoder gives it out. */
function bytesPerPixel({ space, hasAlpha, depth }: Probe): number {
  const colours = space === 'cmyk' ? 4 : space === 'b-w' || space === 'grey16' ? 1 : 3;
  return (colours + (hasAlpha ? 1 : 0)) * (depth / 8);
}

/** Bytes a pixel of the page in hand, with the bytes that are written. */
function encoderBytes({ width, height, channels, pages }: Picture, encoding: Encoding): number {
  const perPixel = ENCODER[encoding.format](encoding as never, channels === 4);
  const written = pages > 1 ? width * height * pages : 0;
  return width * height * perPixel + written;
}

const ENCODER: {
  readonly [Format in Encoding['format']]: (
    encoding: Extract<Encoding, { format: Format }>,
    alpha: boolean,
  ) => number;
} = {
  jpeg: ({ quality }) => (quality >= 90 ? 11 : 7.5),
  png: ({ colours }, alpha) => (alpha ? 9 : 7) + (colours === undefined ? 0 : 6),
  gif: () => 14,
  webp: ({ lossless }, alpha) => (lossless ? 22 : alpha ? 17 : 7),
  avif: ({ quality, lossless }, alpha) => (lossless || quality >= 90 ? 39 : 26) + (alpha ? 13 : 0),
};

function bytesOf({ width, height, channels, pages }: Picture): number {
  return width * height * channels * pages;
}

function isNeeded(plan: RenderPlan, id: string, done: number): boolean {
  return plan.frames.slice(done + 1).some(({ from }) => 'frame' in from && from.frame === id);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
