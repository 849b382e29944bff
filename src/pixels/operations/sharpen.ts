import { eachPage, pipelineOf, type Raster, toRaster } from '../raster.ts';
import type { Asked } from './apply.ts';

/** Sharpens lightness only. Amount 1 is libvips' own balance: jagged areas twice as much as flat ones. */
export function sharpen(raster: Raster, { sigma, amount }: Asked<'sharpen'>): Promise<Raster> {
  return eachPage(raster, (page) =>
    toRaster(pipelineOf(page).sharpen({ sigma, m1: amount, m2: 2 * amount }), page),
  );
}
