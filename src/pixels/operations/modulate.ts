import { pipelineOf, type Raster, toRaster } from '../raster.ts';
import type { Asked } from './apply.ts';

/** Brightness, saturation and hue, in the LCh colour space. */
export function modulate(
  raster: Raster,
  { brightness, saturation, hue }: Asked<'modulate'>,
): Promise<Raster> {
  return toRaster(pipelineOf(raster).modulate({ brightness, saturation, hue }), raster);
}
