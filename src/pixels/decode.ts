import type { Metadata, Sharp } from 'sharp';
import { areaOf, reducedFor, viewedSize } from './geometry.ts';
import { type LoadOptions, loadPicture, readHeader } from './load.ts';
import { orient } from './operations/orient.ts';
import { resize, resized } from './operations/resize.ts';
import type { Size } from './picture.ts';
import { type Animation, joinPages, pageOf, type Raster, toRaster } from './raster.ts';
import type { Frame, Operation } from './render-plan.ts';

/** A frame that comes from the file, as far as it can be made while the file is being decoded. */
export interface Decoding {
  /** how many of the frame's operations are in it: the first ones */
  readonly operationsDone: number;
  /** what is known of the picture that comes out */
  readonly size: Size;
  readonly hasAlpha: boolean;
  readonly pages: number;
  /** Decodes into memory. */
  run(): Promise<Raster>;
  /** Only for a still: the same pixels as a pipeline, to be encoded without holding them all in memory. */
  pipeline(): Sharp;
}

type Origin = Extract<Frame['from'], { decode: string }>;

/**
 * Bytes of an animation that are decoded at once. Pages are sized one by one, so that no page bleeds into the next;
 * in portions, so that a long animation does not lie in memory at full size.
 */
const PORTION_BYTES = 64 * 2 ** 20;

/**
 * Opens a file for a frame. Nothing is decoded yet.
 *
 * @param origin of the frame; only with `shrinkTo` may the file be decoded to less than its full size
 * @param operations of the frame
 * @param maxPixels all decoded pages together; more fails as `image_too_large`
 */
export async function openFrame(
  path: string,
  origin: Origin,
  operations: readonly Operation[],
  maxPixels: number,
): Promise<Decoding> {
  const header = await readHeader(path);
  const lead = leadOf(header, origin, operations);
  const pages = origin.decode === 'all' ? (header.pages ?? 1) : 1;
  const still = () => leading(loadPicture(path, header, { maxPixels }), lead);
  return {
    operationsDone: lead.operationsDone,
    size: lead.size,
    hasAlpha: header.hasAlpha,
    pages,
    run: () =>
      pages > 1
        ? decodeAnimation(
            (options) => loadPicture(path, header, { ...options, maxPixels }),
            header,
            pages,
            lead,
          )
        : toRaster(still(), { orientation: lead.isUpright ? 1 : (header.orientation ?? 1) }),
    pipeline: still,
  };
}

/** What is done while decoding: sharp shrinks on load only where it is told the size before it starts. */
interface Lead {
  readonly operationsDone: number;
  readonly isUpright: boolean;
  readonly size: Size;
  readonly isResized: boolean;
}

function leadOf(header: Metadata, { shrinkTo }: Origin, operations: readonly Operation[]): Lead {
  const isUpright = operations[0]?.op === 'orient';
  const stored = { width: header.width, height: header.pageHeight ?? header.height };
  const whole = isUpright ? viewedSize(stored, header.orientation ?? 1) : stored;
  const oriented = isUpright ? 1 : 0;
  const next = operations[oriented];
  if (!shrinkTo) return { operationsDone: oriented, isUpright, size: whole, isResized: false };
  if (next?.op === 'resize') return { operationsDone: oriented + 1, isUpright, size: next, isResized: true };
  const size = reducedFor(whole, shrinkTo);
  return { operationsDone: oriented, isUpright, size, isResized: size.width < whole.width };
}

function leading(pipeline: Sharp, lead: Lead): Sharp {
  const upright = lead.isUpright ? pipeline.autoOrient() : pipeline;
  return lead.isResized ? resized(upright, lead.size) : upright;
}

async function decodeAnimation(
  load: (options: Pick<LoadOptions, 'pages'>) => Sharp,
  header: Metadata,
  pages: number,
  lead: Lead,
): Promise<Raster> {
  const animation = animationOf(header, pages);
  const orientation = header.orientation ?? 1;
  const pageBytes = areaOf({ width: header.width, height: header.pageHeight ?? header.height }) * 4;
  const portion = Math.max(1, Math.floor(PORTION_BYTES / pageBytes));
  const made: Raster[] = [];
  for (let first = 0; first < pages; first += portion) {
    const count = Math.min(portion, pages - first);
    const decoded = await toRaster(load({ pages: { first, count } }), { orientation });
    for (let index = 0; index < count; index += 1) made.push(await leadPage(pageOf(decoded, index), lead));
  }
  return joinPages(made, { animation });
}

async function leadPage(page: Raster, lead: Lead): Promise<Raster> {
  const upright = lead.isUpright ? await orient(page) : page;
  return lead.isResized ? resize(upright, lead.size) : upright;
}

/** Milliseconds that the formats can hold: WebP has 24 bits, sharp takes 16. */
const MAX_DELAY = 65_535;

export function animationOf(header: Metadata, pages: number): Animation {
  const delays = Array.from({ length: pages }, (_, page) => {
    const delay = header.delay?.[page] ?? 100;
    return Math.min(MAX_DELAY, Math.max(0, delay));
  });
  return { delays, loop: Math.min(MAX_DELAY, Math.max(0, header.loop ?? 0)) };
}
