import type { Box } from '../geometry.ts';
import { pipelineOf, type Raster } from '../raster.ts';
import type { Search } from '../sizing.ts';

/**
 * Where libvips sees most to look at.
 *
 * @param page one page; in one direction at least the part is as long as it
 */
export async function findPart(page: Raster, { width, height, by }: Search): Promise<Box> {
  if (width === page.width && height === page.height) return { left: 0, top: 0, width, height };
  const cropped = pipelineOf(page).resize(width, height, { fit: 'cover', position: by });
  const { info } = await cropped.raw().toBuffer({ resolveWithObject: true });
  return { left: -(info.cropOffsetLeft ?? 0), top: -(info.cropOffsetTop ?? 0), width, height };
}
