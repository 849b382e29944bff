import type { Sharp } from 'sharp';
import { eachPage, pipelineOf, type Raster, toRaster } from '../raster.ts';
import type { Asked } from './apply.ts';

/**
 * Turns clockwise by any angle. The picture grows to hold its corners, which take the background; with a transparent
 * background it gains alpha.
 */
export function rotate(raster: Raster, { angle, background }: Asked<'rotate'>): Promise<Raster> {
  return eachPage(raster, (page) => {
    const pipeline = pipelineOf(page).rotate(angle, { background });
    const oblique = angle % 90 !== 0;
    return toRaster(oblique && page.channels === 4 ? premultiplied(pipeline) : pipeline, page);
  });
}

/** sharp interpolates with alpha premultiplied only where it also convolves; else transparent colours bleed in. */
function premultiplied(pipeline: Sharp): Sharp {
  return pipeline.convolve({ width: 3, height: 3, kernel: [0, 0, 0, 0, 1, 0, 0, 0, 0] });
}
