import type { Sharp } from 'sharp';
import { fenceLoaders } from '../loaders.ts';
import { applyOperation } from '../operations/apply.ts';
import { pageOf, type Raster, toRaster } from '../raster.ts';
import { pixelAt } from './compare.ts';
import { asPipeline, plain, smallPhoto } from './pictures.ts';
import { type Bare, operations } from './plans.ts';

/** Pictures in memory, for tests of what operations do to their pixels. */

fenceLoaders();

export function rasterOf(pipeline: Sharp): Promise<Raster> {
  return toRaster(pipeline, { orientation: 1 });
}

/** One colour all over; with alpha where the colour has one. */
export function plainRaster(width: number, height: number, color: string): Promise<Raster> {
  return rasterOf(plain(width, height, color, color.length > 7 ? 4 : 3));
}

/** A photograph at 90 x 60. */
export async function photoRaster(): Promise<Raster> {
  return rasterOf(asPipeline(await smallPhoto()));
}

/** The same, half transparent. */
export async function translucentRaster(): Promise<Raster> {
  return rasterOf(asPipeline(await smallPhoto()).ensureAlpha(0.5));
}

/** A still of these pixels, row by row: three or four numbers each. */
export function drawnRaster(
  width: number,
  height: number,
  paint: (x: number, y: number) => number[],
): Raster {
  const pixels = Array.from({ length: width * height }, (_, at) => paint(at % width, Math.floor(at / width)));
  const channels = pixels[0]?.length === 4 ? 4 : 3;
  return { data: Buffer.from(pixels.flat()), width, height, channels, pages: 1, orientation: 1 };
}

/** Stills of one size as the pages of an animation. */
export function animated(...stills: readonly [Raster, ...Raster[]]): Raster {
  return {
    ...stills[0],
    data: Buffer.concat(stills.map(({ data }) => data)),
    pages: stills.length,
    animation: { delays: stills.map(() => 100), loop: 0 },
  };
}

/** The picture after these operations. */
export async function changed(raster: Raster, ...list: readonly Bare[]): Promise<Raster> {
  let made = raster;
  for (const operation of operations(...list)) made = await applyOperation(made, operation);
  return made;
}

export function pagesOf(raster: Raster): Raster[] {
  return Array.from({ length: raster.pages }, (_, index) => pageOf(raster, index));
}

/** Edges of a part of a picture, pixels: the last column and row are in it. */
export interface Extent {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** What holds all pixels that differ by more than the tolerance; nothing where none does. */
export function changedExtent(before: Raster, made: Raster, tolerance = 0): Extent | undefined {
  let found: Extent | undefined;
  for (let y = 0; y < made.height; y += 1) {
    for (let x = 0; x < made.width; x += 1) {
      const [old, now] = [pixelAt(before, x, y), pixelAt(made, x, y)];
      if (now.every((value, channel) => Math.abs(value - (old[channel] ?? 255)) <= tolerance)) continue;
      found = {
        left: Math.min(x, found?.left ?? x),
        top: Math.min(y, found?.top ?? y),
        right: Math.max(x, found?.right ?? x),
        bottom: Math.max(y, found?.bottom ?? y),
      };
    }
  }
  return found;
}

/** Mean of one channel over the picture. */
export function meanOf({ data, channels }: Raster, channel: number): number {
  let sum = 0;
  for (let at = channel; at < data.length; at += channels) sum += data[at] ?? 0;
  return sum / (data.length / channels);
}

export function sizeText({ width, height }: Raster): string {
  return `${width}x${height}`;
}
