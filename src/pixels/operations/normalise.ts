import { pipelineOf, type Raster, toRaster } from '../raster.ts';

/** Stretches lightness over its whole range. All pages of an animation alike: each by itself would flicker. */
export function normalise(raster: Raster): Promise<Raster> {
  return toRaster(pipelineOf(raster).normalise(), raster);
}
