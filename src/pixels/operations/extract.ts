import type { Box } from '../geometry.ts';
import { eachPage, pipelineOf, type Raster, sizeOf, toRaster } from '../raster.ts';

/** Keeps a part of the picture. A box that is the whole picture costs nothing. */
export async function extract(raster: Raster, { left, top, width, height }: Box): Promise<Raster> {
  const whole = sizeOf(raster);
  if (width === whole.width && height === whole.height) return raster;
  return eachPage(raster, (page) => toRaster(pipelineOf(page).extract({ left, top, width, height }), page));
}
