import { rgbaToThumbHash } from 'thumbhash';
import { fitInside } from './geometry.ts';
import { resized } from './operations/resize.ts';
import { pageOf, pipelineOf, type Raster, sizeOf } from './raster.ts';
import type { Rendered } from './render-plan.ts';

/** pixels: what ThumbHash takes at most */
const SIDE = 100;

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

/**
 * The mean of the fullest of 512 equal cells of the colour cube, weighed by opacity; black for a picture that cannot
 * be seen at all.
 */
export function dominantColour(rgba: Uint8Array): string {
  const cells = new Map<number, { weight: number; sums: [number, number, number] }>();
  for (let at = 0; at < rgba.length; at += 4) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = rgba.subarray(at, at + 4);
    const key = ((red >> 5) << 6) | ((green >> 5) << 3) | (blue >> 5);
    const cell = cells.get(key) ?? { weight: 0, sums: [0, 0, 0] };
    cell.weight += alpha;
    cell.sums[0] += red * alpha;
    cell.sums[1] += green * alpha;
    cell.sums[2] += blue * alpha;
    cells.set(key, cell);
  }
  let fullest = { weight: 0, sums: [0, 0, 0] };
  for (const cell of cells.values()) if (cell.weight > fullest.weight) fullest = cell;
  const channels = fullest.sums.map((sum) => Math.round(sum / Math.max(1, fullest.weight)));
  return `#${channels.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
