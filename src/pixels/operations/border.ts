import { paintOver } from '../blend.ts';
import { rgbaOf } from '../colours.ts';
import { pageOf, type Raster } from '../raster.ts';
import { eachOutside, insideOf, roundedBox } from '../rounded-box.ts';
import { withAlpha } from '../with-alpha.ts';
import type { Asked } from './apply.ts';
import { cutTo } from './round.ts';

/** Draws a border over the edges of the picture, whose size stays. */
export async function border(raster: Raster, { edges, color, radii }: Asked<'border'>): Promise<Raster> {
  const whole = { left: 0, top: 0, width: raster.width, height: raster.height };
  const outer = roundedBox(whole, radii ?? [0, 0, 0, 0]);
  const inner = insideOf(outer, edges);
  const { rgb, alpha } = rgbaOf(color);
  const isRound = radii?.some((radius) => radius > 0) ?? false;
  const made = isRound ? withAlpha(raster) : { ...raster, data: Buffer.from(raster.data) };
  for (let index = 0; index < made.pages; index += 1) {
    const page = pageOf(made, index);
    eachOutside(page, inner, (column, row, coverage) => {
      paintOver(page, (row * page.width + column) * page.channels, rgb, (1 - coverage) * alpha);
    });
  }
  return isRound ? cutTo(made, outer) : made;
}
