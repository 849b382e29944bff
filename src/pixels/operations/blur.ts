import type { Sharp } from 'sharp';
import type { Size } from '../picture.ts';
import { eachPage, pipelineOf, type Raster, toRaster } from '../raster.ts';
import type { Asked } from './apply.ts';

/** Gaussian blur; colours of transparent pixels do not bleed out. */
export function blur(raster: Raster, { sigma }: Asked<'blur'>): Promise<Raster> {
  return eachPage(raster, (page) => blurred(page, sigma));
}

/** pixels: less changes nothing, and sharp refuses it */
const LEAST_SIGMA = 0.3;
/** pixels: a wider blur is done on a smaller picture, or it would take seconds. To the eye it is the same. */
const MOST_SIGMA = 30;
/** pixels: of that smaller picture */
const SMALL_SIGMA = 12;

/**
 * One page out of focus.
 *
 * @param sigma pixels
 */
export async function blurred(page: Raster, sigma: number): Promise<Raster> {
  if (sigma < LEAST_SIGMA) return page;
  if (sigma <= MOST_SIGMA) return toRaster(pipelineOf(page).blur(sigma), page);
  const shrink = sigma / SMALL_SIGMA;
  const width = Math.max(1, Math.round(page.width / shrink));
  const height = Math.max(1, Math.round(page.height / shrink));
  const small = await toRaster(smoothly(page, { width, height }).blur(SMALL_SIGMA), page);
  return toRaster(smoothly(small, page), page);
}

/** Scaled with straight lines from pixel to pixel, which is all that a picture out of focus needs. */
export function smoothly(page: Raster, { width, height }: Size): Sharp {
  return pipelineOf(page).resize(width, height, { fit: 'fill', kernel: 'linear' });
}
