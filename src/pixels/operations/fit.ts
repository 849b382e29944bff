import { type Box, coverBox, exactSize, fitInside } from '../geometry.ts';
import { pageOf, pipelineOf, type Raster, sizeOf } from '../raster.ts';
import type { Asked } from './apply.ts';
import { extract } from './extract.ts';
import { resize } from './resize.ts';

/** Sizes a picture whose size the planner could not know. */
export async function fit(raster: Raster, asked: Asked<'fit'>): Promise<Raster> {
  if (asked.fit === 'cover') return cover(raster, asked);
  const sized = asked.fit === 'inside' ? fitInside : exactSize;
  return resize(raster, sized(sizeOf(raster), asked, asked));
}

async function cover(raster: Raster, asked: Asked<'fit'>): Promise<Raster> {
  const { position } = asked;
  if (position !== 'entropy' && position !== 'attention') {
    const { scaled, crop } = coverBox(sizeOf(raster), asked, position, asked);
    return extract(await resize(raster, scaled), crop);
  }
  const { scaled, crop } = coverBox(sizeOf(raster), asked, 'center', asked);
  const sized = await resize(raster, scaled);
  return extract(sized, await mostInteresting(pageOf(sized, 0), crop, position));
}

/** Where libvips sees most to look at. An animation keeps the part that its first page chose. */
async function mostInteresting(
  page: Raster,
  { width, height }: Box,
  strategy: 'entropy' | 'attention',
): Promise<Box> {
  if (width === page.width && height === page.height) return { left: 0, top: 0, width, height };
  const cropped = pipelineOf(page).resize(width, height, { fit: 'cover', position: strategy });
  const { info } = await cropped.raw().toBuffer({ resolveWithObject: true });
  return { left: -(info.cropOffsetLeft ?? 0), top: -(info.cropOffsetTop ?? 0), width, height };
}
