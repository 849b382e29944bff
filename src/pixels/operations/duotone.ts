import { mixed, rgbaOf } from '../colours.ts';
import { throughRamp } from '../ramp.ts';
import type { Raster } from '../raster.ts';
import type { Asked } from './apply.ts';

/** From one colour in black to another in white, in even steps of lightness. */
export async function duotone(raster: Raster, asked: Asked<'duotone'>): Promise<Raster> {
  const [dark, light] = [rgbaOf(asked.dark), rgbaOf(asked.light)];
  if (dark.alpha === 0 && light.alpha === 0) return raster;
  return throughRamp(raster, (luma) => {
    const share = luma / 255;
    return {
      rgb: mixed(dark.rgb, light.rgb, share),
      alpha: dark.alpha + (light.alpha - dark.alpha) * share,
    };
  });
}
