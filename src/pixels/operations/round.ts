import { pageOf, type Raster } from '../raster.ts';
import { eachOutside, ellipseIn, type RoundedBox, roundedBox } from '../rounded-box.ts';
import { withAlpha } from '../with-alpha.ts';
import type { Asked } from './apply.ts';

/** Makes transparent what lies outside the corners or the ellipse. */
export async function round(raster: Raster, { radii }: Asked<'round'>): Promise<Raster> {
  if (radii !== 'ellipse' && radii.every((radius) => radius === 0)) return raster;
  const whole = { left: 0, top: 0, width: raster.width, height: raster.height };
  return cutTo(withAlpha(raster), radii === 'ellipse' ? ellipseIn(whole) : roundedBox(whole, radii));
}

/** Makes transparent what lies outside the box, in place. */
export function cutTo(made: Raster, box: RoundedBox): Raster {
  for (let index = 0; index < made.pages; index += 1) {
    const { data, width } = pageOf(made, index);
    eachOutside(made, box, (column, row, coverage) => {
      const at = (row * width + column) * 4 + 3;
      data[at] = Math.round((data[at] ?? 0) * coverage);
    });
  }
  return made;
}
