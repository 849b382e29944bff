import { paintOver } from '../blend.ts';
import { rgbaOf } from '../colours.ts';
import { pageOf, type Raster } from '../raster.ts';
import { coverageAt, insideOf, roundedBox } from '../rounded-box.ts';
import type { Asked } from './apply.ts';
import { cutTo } from './round.ts';

/** Draws a border over the edges of the picture, whose size stays. */
export async function border(raster: Raster, { edges, color, radii }: Asked<'border'>): Promise<Raster> {
  const whole = { left: 0, top: 0, width: raster.width, height: raster.height };
  const outer = roundedBox(whole, radii ?? [0, 0, 0, 0]);
  const inner = insideOf(outer, edges);
  const { rgb, alpha } = rgbaOf(color);
  const made: Raster = { ...raster, data: Buffer.from(raster.data) };
  for (let index = 0; index < made.pages; index += 1) {
    const page = pageOf(made, index);
    for (let row = 0, at = 0; row < page.height; row += 1) {
      for (let column = 0; column < page.width; column += 1, at += page.channels) {
        const drawn = 1 - coverageAt(inner, column, row);
        if (drawn > 0) paintOver(page, at, rgb, drawn * alpha);
      }
    }
  }
  return radii?.some((radius) => radius > 0) ? cutTo(made, outer) : made;
}
