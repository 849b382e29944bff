import { lumaOf, mixed, type Rgb, rgbaOf } from '../colours.ts';
import { throughRamp } from '../ramp.ts';
import type { Raster } from '../raster.ts';
import type { Asked } from './apply.ts';

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

/**
 * Shades of one colour. Black and white stay, and the colour itself is where its own lightness is, so that the picture
 * stays as light as it was. A grey colour gives greyscale.
 */
export async function monochrome(raster: Raster, { color }: Asked<'monochrome'>): Promise<Raster> {
  const { rgb, alpha } = rgbaOf(color);
  if (alpha === 0) return raster;
  const own = lumaOf(...rgb);
  return throughRamp(raster, (luma) => ({
    rgb:
      luma <= own
        ? mixed(BLACK, rgb, own === 0 ? 0 : luma / own)
        : mixed(rgb, WHITE, (luma - own) / (255 - own)),
    alpha,
  }));
}
