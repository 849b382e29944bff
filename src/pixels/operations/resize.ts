import type { Sharp } from 'sharp';
import type { Size } from '../picture.ts';
import { eachPage, pipelineOf, type Raster, toRaster } from '../raster.ts';

/** Scales to exactly this size with Lanczos 3, alpha premultiplied. The size it has already costs nothing. */
export async function resize(raster: Raster, size: Size): Promise<Raster> {
  if (size.width === raster.width && size.height === raster.height) return raster;
  return eachPage(raster, (page) => toRaster(resized(pipelineOf(page), size), page));
}

export function resized(pipeline: Sharp, { width, height }: Size): Sharp {
  return pipeline.resize(width, height, { fit: 'fill', kernel: 'lanczos3' });
}
