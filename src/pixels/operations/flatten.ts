import { paintUnder } from '../blend.ts';
import { rgbaOf } from '../colours.ts';
import { pipelineOf, type Raster, toRaster } from '../raster.ts';
import type { Asked } from './apply.ts';

/** Lays a colour behind the picture. An opaque one leaves no alpha. */
export async function flatten(raster: Raster, { background }: Asked<'flatten'>): Promise<Raster> {
  const { rgb, alpha } = rgbaOf(background);
  if (raster.channels === 3 || alpha === 0) return raster;
  if (alpha === 1) return toRaster(pipelineOf(raster).flatten({ background }), raster);
  const made = { ...raster, data: Buffer.from(raster.data) };
  for (let at = 0; at < made.data.length; at += 4) paintUnder(made, at, rgb, alpha);
  return made;
}
