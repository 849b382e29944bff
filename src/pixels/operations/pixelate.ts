import { pageOf, type Raster } from '../raster.ts';
import type { Asked } from './apply.ts';

/** Squares from the top left on, each of the mean colour of what lay there, weighed by opacity. */
export async function pixelate(raster: Raster, { size }: Asked<'pixelate'>): Promise<Raster> {
  const side = Math.round(size);
  if (side <= 1) return raster;
  const made: Raster = { ...raster, data: Buffer.from(raster.data) };
  for (let index = 0; index < made.pages; index += 1) {
    const page = pageOf(made, index);
    for (let top = 0; top < page.height; top += side) {
      for (let left = 0; left < page.width; left += side) flattenSquare(page, left, top, side);
    }
  }
  return made;
}

function flattenSquare(page: Raster, left: number, top: number, side: number): void {
  const { data, width, channels } = page;
  const right = Math.min(width, left + side);
  const bottom = Math.min(page.height, top + side);
  let [red, green, blue, alpha] = [0, 0, 0, 0];
  for (let y = top; y < bottom; y += 1) {
    const end = (y * width + right) * channels;
    for (let at = (y * width + left) * channels; at < end; at += channels) {
      const own = channels === 4 ? (data[at + 3] ?? 0) : 255;
      red += (data[at] ?? 0) * own;
      green += (data[at + 1] ?? 0) * own;
      blue += (data[at + 2] ?? 0) * own;
      alpha += own;
    }
  }
  const weight = Math.max(1, alpha);
  const opacity = Math.round(alpha / ((right - left) * (bottom - top)));
  for (let y = top; y < bottom; y += 1) {
    const end = (y * width + right) * channels;
    for (let at = (y * width + left) * channels; at < end; at += channels) {
      data[at] = Math.round(red / weight);
      data[at + 1] = Math.round(green / weight);
      data[at + 2] = Math.round(blue / weight);
      if (channels === 4) data[at + 3] = opacity;
    }
  }
}
