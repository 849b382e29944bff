import { eachPage, pipelineOf, type Raster, toRaster } from '../raster.ts';
import type { Asked } from './apply.ts';

/**
 * Turns clockwise by any angle. The picture grows to hold its corners, which take the background; with a transparent
 * background it gains alpha.
 */
export function rotate(raster: Raster, { angle, background }: Asked<'rotate'>): Promise<Raster> {
  return eachPage(raster, (page) => toRaster(pipelineOf(page).rotate(angle, { background }), page));
}
