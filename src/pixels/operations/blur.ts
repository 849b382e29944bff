import { eachPage, pipelineOf, type Raster, toRaster } from '../raster.ts';
import type { Asked } from './apply.ts';

/** Gaussian blur; colours of transparent pixels do not bleed out. */
export function blur(raster: Raster, { sigma }: Asked<'blur'>): Promise<Raster> {
  return eachPage(raster, (page) => toRaster(pipelineOf(page).blur(sigma), page));
}
