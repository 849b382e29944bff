import { lumaOf, type Rgba } from './colours.ts';
import type { Raster } from './raster.ts';
import { recoloured } from './recolour.ts';

/**
 * The picture with every colour replaced by that of its lightness.
 *
 * @param colourAt for lightness 0..255; its alpha is how much of the colour shows in the place of the old one
 */
export function throughRamp(raster: Raster, colourAt: (luma: number) => Rgba): Raster {
  const ramp = Float64Array.from(
    Array.from({ length: 256 }, (_, luma) => {
      const { rgb, alpha } = colourAt(luma);
      return [...rgb.map((value) => value * alpha), 1 - alpha];
    }).flat(),
  );
  return recoloured(raster, (to, at, red, green, blue) => {
    const from = Math.round(lumaOf(red, green, blue)) * 4;
    const kept = ramp[from + 3] ?? 0;
    to[at] = (ramp[from] ?? 0) + red * kept;
    to[at + 1] = (ramp[from + 1] ?? 0) + green * kept;
    to[at + 2] = (ramp[from + 2] ?? 0) + blue * kept;
  });
}
