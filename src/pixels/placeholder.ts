import { rgbaToThumbHash } from 'thumbhash';
import { fitInside } from './geometry.ts';
import { resized } from './operations/resize.ts';
import { pageOf, pipelineOf, type Raster, sizeOf } from './raster.ts';
import type { Rendered } from './render-plan.ts';

/** pixels: ThumbHash takes up to 100, but the seven waves a side that it keeps are as well seen in half of that */
const SIDE = 48;

/** ThumbHash, dominant colour and proportions of a picture; of the first page of an animation. */
export async function makePlaceholder(raster: Raster): Promise<NonNullable<Rendered['placeholder']>> {
  const page = pageOf(raster, 0);
  const size = fitInside(sizeOf(page), { width: SIDE, height: SIDE }, { enlarge: false });
  const rgba = await resized(pipelineOf(page), size).ensureAlpha().raw().toBuffer();
  return {
    thumbhash: Buffer.from(rgbaToThumbHash(size.width, size.height, rgba)).toString('base64'),
    dominant_color: dominantColour(rgba),
    aspect_ratio: Number((page.width / page.height).toPrecision(6)),
  };
}

const CELLS = 512;

/**
 * The mean of the fullest of 512 equal cells of the colour cube, weighed by opacity; black for a picture that cannot
 * be seen at all.
 */
export function dominantColour(rgba: Uint8Array): string {
  const weights = new Float64Array(CELLS);
  const sums = new Float64Array(CELLS * 3);
  for (let at = 0; at < rgba.length; at += 4) {
    const red = rgba[at] as number;
    const green = rgba[at + 1] as number;
    const blue = rgba[at + 2] as number;
    const alpha = rgba[at + 3] as number;
    const cell = ((red >> 5) << 6) | ((green >> 5) << 3) | (blue >> 5);
    weights[cell] = (weights[cell] as number) + alpha;
    sums[cell * 3] = (sums[cell * 3] as number) + red * alpha;
    sums[cell * 3 + 1] = (sums[cell * 3 + 1] as number) + green * alpha;
    sums[cell * 3 + 2] = (sums[cell * 3 + 2] as number) + blue * alpha;
  }
  const fullest = weights.indexOf(Math.max(...weights));
  const weight = Math.max(1, weights[fullest] as number);
  const channels = [...sums.subarray(fullest * 3, fullest * 3 + 3)].map((sum) => Math.round(sum / weight));
  return `#${channels.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
