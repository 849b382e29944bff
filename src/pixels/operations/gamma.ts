import { pipelineOf, type Raster, toRaster } from '../raster.ts';
import type { Asked } from './apply.ts';

/**
 * Raises each channel to 1/gamma: above 1 brightens the middle tones, below 1 darkens them. Black and white stay.
 * sharp's own `gamma(g)` darkens before and brightens after its other work, which alone changes nothing: hence the two
 * arguments, one of them neutral.
 */
export function gamma(raster: Raster, { gamma: value }: Asked<'gamma'>): Promise<Raster> {
  const pipeline = pipelineOf(raster);
  return toRaster(value >= 1 ? pipeline.gamma(1, value) : pipeline.gamma(1 / value, 1), raster);
}
