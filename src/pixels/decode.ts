import type { Metadata, Sharp } from 'sharp';
import { areaOf } from './geometry.ts';
import { type Lead, leadOf, type Origin, PORTION_BYTES, type Source } from './lead.ts';
import { loadPicture, readHeader } from './load.ts';
import { extract } from './operations/extract.ts';
import { orient } from './operations/orient.ts';
import { resize, resized } from './operations/resize.ts';
import { type Animation, assemble, pageOf, type Raster, toRaster } from './raster.ts';
import type { Operation, RenderPlan } from './render-plan.ts';

/** A frame that comes from the file, as far as it can be made while the file is being decoded. */
export interface Decoding {
  readonly source: Source;
  readonly lead: Lead;
  readonly animation?: Animation;
  /** Decodes into memory. */
  run(): Promise<Raster>;
  /** The same pixels as a pipeline, to be encoded without holding them all: only where `isPassedThrough` allows it. */
  pipeline(): Sharp;
}

/** All pages of a file together: above what any pipeline may allow, so it stops only what came past the probe. */
const MAX_PIXELS = 200_000_000;

/** Opens a file for a frame with these operations. Nothing is decoded yet. */
export async function openFrame(
  { path, colours }: RenderPlan['source'],
  origin: Origin,
  operations: readonly Operation[],
): Promise<Decoding> {
  const header = await readHeader(path);
  const pages = origin.decode === 'all' ? (header.pages ?? 1) : 1;
  const source = {
    stored: { width: header.width, height: header.pageHeight ?? header.height },
    orientation: header.orientation ?? 1,
    pages,
    hasAlpha: header.hasAlpha,
  };
  const lead = leadOf(source, origin, operations);
  const load = (first: number, count: number) =>
    loadPicture(path, header, {
      maxPixels: MAX_PIXELS,
      inOwnColours: colours === 'own',
      ...((pages > 1 || first > 0) && { pages: { first, count } }),
    });
  const still = (origin.page ?? 1) - 1;
  const pipeline = () => (pages > 1 ? load(0, pages) : leading(load(still, 1), lead));
  const animation = pages > 1 ? animationOf(header, pages) : undefined;
  return {
    source,
    lead,
    ...(animation && { animation }),
    pipeline,
    run: () =>
      animation
        ? decodePages(load, source, lead, animation)
        : toRaster(pipeline(), { orientation: lead.isUpright ? 1 : source.orientation }),
  };
}

function leading(pipeline: Sharp, lead: Lead): Sharp {
  const upright = lead.isUpright ? pipeline.autoOrient() : pipeline;
  const whole = lead.scaled ? resized(upright, lead.scaled) : upright;
  return lead.cut ? whole.extract(lead.cut) : whole;
}

async function decodePages(
  load: (first: number, count: number) => Sharp,
  { stored, orientation, pages }: Source,
  lead: Lead,
  animation: Animation,
): Promise<Raster> {
  const portion = Math.max(1, Math.floor(PORTION_BYTES / (areaOf(stored) * 4)));
  let decoded: Raster | undefined;
  return assemble(pages, { animation }, async (index) => {
    if (index % portion === 0) {
      // let go of the last portion before the next one comes
      decoded = undefined;
      decoded = await toRaster(load(index, Math.min(portion, pages - index)), { orientation });
    }
    if (!decoded) throw new Error('pages are made in order');
    const page = pageOf(decoded, index % portion);
    const upright = lead.isUpright ? await orient(page) : page;
    const whole = lead.scaled ? await resize(upright, lead.scaled) : upright;
    return lead.cut ? extract(whole, lead.cut) : whole;
  });
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
