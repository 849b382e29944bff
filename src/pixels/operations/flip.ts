import { eachPage, pipelineOf, type Raster, toRaster } from '../raster.ts';
import type { Asked } from './apply.ts';

/** Mirrors the picture: `horizontal` swaps left and right, `vertical` top and bottom. */
export function flip(raster: Raster, { axis }: Asked<'flip'>): Promise<Raster> {
  return eachPage(raster, (page) => {
    const pipeline = pipelineOf(page);
    return toRaster(axis === 'horizontal' ? pipeline.flop() : pipeline.flip(), page);
  });
}
