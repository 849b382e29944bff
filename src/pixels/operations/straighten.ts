import { placeInside } from '../geometry.ts';
import { type Raster, sizeOf } from '../raster.ts';
import { uprightInside } from '../upright-inside.ts';
import type { Asked } from './apply.ts';
import { extract } from './extract.ts';
import { rotate } from './rotate.ts';

/** Turns clockwise and cuts off the empty corners. Quarter turns have none. */
export async function straighten(raster: Raster, { angle, step }: Asked<'straighten'>): Promise<Raster> {
  if (angle % 360 === 0) return raster;
  const turned = await rotate(raster, { op: 'rotate', step, angle, background: '#000000' });
  if (angle % 90 === 0) return turned;
  return extract(turned, placeInside(sizeOf(turned), uprightInside(sizeOf(raster), angle), 'center'));
}
