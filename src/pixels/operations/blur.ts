import { eachPage, pipelineOf, type Raster, toRaster } from '../raster.ts';
import type { Asked } from './apply.ts';
import { resized } from './resize.ts';

/** Gaussian blur; colours of transparent pixels do not bleed out. */
export function blur(raster: Raster, { sigma }: Asked<'blur'>): Promise<Raster> {
  return eachPage(raster, (page) => blurred(page, sigma));
}

/** pixels: less changes nothing, and sharp refuses it */
const LEAST_SIGMA = 0.3;
/** pixels: a wider blur is done on a smaller picture, which it cannot be told from, or it would take seconds */
const MOST_SIGMA = 12;

/**
 * One page out of focus.
 *
 * @param sigma pixels
 */
export async function blurred(page: Raster, sigma: number): Promise<Raster> {
  if (sigma < LEAST_SIGMA) return page;
  if (sigma <= MOST_SIGMA) return toRaster(pipelineOf(page).blur(sigma), page);
  const shrink = sigma / MOST_SIGMA;
  const width = Math.max(1, Math.round(page.width / shrink));
  const height = Math.max(1, Math.round(page.height / shrink));
  const small = await toRaster(resized(pipelineOf(page), { width, height }).blur(MOST_SIGMA), page);
  return toRaster(pipelineOf(small).resize(page.width, page.height, { fit: 'fill', kernel: 'cubic' }), page);
}
