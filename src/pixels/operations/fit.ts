import { coverTooLarge, MAX_CANVAS_PIXELS } from '../canvas-limit.ts';
import { areaOf, coverBox, exactSize, fitInside } from '../geometry.ts';
import type { Size } from '../picture.ts';
import { pageOf, type Raster, sizeOf } from '../raster.ts';
import type { Asked } from './apply.ts';
import { extract } from './extract.ts';
import { findPart } from './find-part.ts';
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
    return extract(await scaleTo(scaled, raster), crop);
  }
  const { scaled, crop } = coverBox(sizeOf(raster), asked, 'center', asked);
  const sized = await scaleTo(scaled, raster);
  const { width, height } = crop;
  // an animation keeps the part that its first page chose
  return extract(sized, await findPart(pageOf(sized, 0), { width, height, by: position }));
}

/** Only here is it known how narrow a trimmed picture is, and how much larger it gets before it is cut. */
async function scaleTo(scaled: Size, raster: Raster): Promise<Raster> {
  const pixels = areaOf(scaled) * raster.pages;
  if (pixels > Math.max(areaOf(raster) * raster.pages, MAX_CANVAS_PIXELS)) throw coverTooLarge(scaled);
  return resize(raster, scaled);
}
