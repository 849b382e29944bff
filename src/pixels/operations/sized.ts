import type { Sharp } from 'sharp';
import type { Box } from '../geometry.ts';
import type { Size } from '../picture.ts';
import { eachPage, pageOf, pipelineOf, type Raster, sizeOf, toRaster } from '../raster.ts';
import { isPlaced, type Part, resolveSizing, type Sizing } from '../sizing.ts';
import type { Asked } from './apply.ts';
import { canvas } from './canvas.ts';
import { extract } from './extract.ts';
import { findPart } from './find-part.ts';
import { resized } from './resize.ts';

/** Sizes a picture as the spec says for the size that it has. */
export async function sized(raster: Raster, { size }: Asked<'sized'>): Promise<Raster> {
  const sizing = resolveSizing(sizeOf(raster), size);
  const { resize, cut } = sizing;
  const crop = await located(raster, sizing.crop);
  const scaling = { ...(crop && { crop }), resize, ...(cut && isPlaced(cut) && { cut }) };
  return finishSizing(await scaled(raster, scaling), sizing);
}

/** A part of a picture, scaled, and of that a part. */
export interface Scaling {
  readonly crop?: Box;
  readonly resize: Size;
  readonly cut?: Box;
}

export function scaling(pipeline: Sharp, { crop, resize, cut }: Scaling): Sharp {
  const whole = resized(crop ? pipeline.extract(crop) : pipeline, resize);
  return cut ? whole.extract(cut) : whole;
}

/** What is left to do of a sizing once the picture is scaled: the part that had to be looked for, and the ground. */
export async function finishSizing(raster: Raster, { cut, canvas: ground }: Sizing): Promise<Raster> {
  const part = cut && !isPlaced(cut) ? await located(raster, cut) : undefined;
  const kept = part ? await extract(raster, part) : raster;
  return ground ? canvas(kept, { ...ground, ...ground.size }) : kept;
}

async function scaled(raster: Raster, asked: Scaling): Promise<Raster> {
  const { crop, resize, cut } = asked;
  const stays = !crop && !cut && resize.width === raster.width && resize.height === raster.height;
  return stays ? raster : eachPage(raster, (page) => toRaster(scaling(pipelineOf(page), asked), page));
}

/** An animation keeps the part that its first page chose. */
async function located(raster: Raster, part: Part | undefined): Promise<Box | undefined> {
  return part && (isPlaced(part) ? part : findPart(pageOf(raster, 0), part));
}
