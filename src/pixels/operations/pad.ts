import type { Raster } from '../raster.ts';
import type { Asked } from './apply.ts';
import { canvas } from './canvas.ts';

/** Lays the picture on a ground that is larger by the edges. */
export function pad(raster: Raster, { edges, fill }: Asked<'pad'>): Promise<Raster> {
  const { left, top } = edges;
  const width = left + raster.width + edges.right;
  const height = top + raster.height + edges.bottom;
  return canvas(raster, { width, height, left, top, fill });
}
