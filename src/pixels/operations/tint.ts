import { pipelineOf, type Raster, toRaster } from '../raster.ts';
import type { Asked } from './apply.ts';

/** One hue for the whole picture; its lightness stays. */
export function tint(raster: Raster, { color }: Asked<'tint'>): Promise<Raster> {
  return toRaster(pipelineOf(raster).tint(color), raster);
}
