import { hexOf, lumaOf } from './colours.ts';
import { fitInside } from './geometry.ts';
import { resized } from './operations/resize.ts';
import { groupColours } from './quantise.ts';
import { pageOf, pipelineOf, type Raster, sizeOf } from './raster.ts';
import type { Palette } from './render-plan.ts';

/** pixels: colours that cover less than a thousandth of the picture are none of its main ones */
const SIDE = 64;

/**
 * The main colours of a picture, of the first page of an animation, weighed by opacity. Fewer than asked where the
 * picture has not so many; none where it cannot be seen at all.
 *
 * @param colors at most so many, 0..16
 */
export async function makePalette(raster: Raster, colors: number): Promise<Palette> {
  const page = pageOf(raster, 0);
  const size = fitInside(sizeOf(page), { width: SIDE, height: SIDE }, { enlarge: false });
  const rgba = await resized(pipelineOf(page), size).ensureAlpha().raw().toBuffer();
  const groups = colors === 0 ? [] : groupColours(rgba, colors);
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  return {
    colors: groups.map(({ mean, weight }) => ({ hex: hexOf(mean), share: rounded(weight / total) })),
    averageLuminance: rounded(averageLuma(rgba) / 255),
  };
}

function averageLuma(rgba: Uint8Array): number {
  let [sum, weight] = [0, 0];
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3] ?? 0;
    sum += lumaOf(rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0) * alpha;
    weight += alpha;
  }
  return weight === 0 ? 0 : sum / weight;
}

function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
