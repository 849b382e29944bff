import sharp, { type Sharp } from 'sharp';
import type { Size } from './picture.ts';

/** A picture in memory: sRGB, 8 bits a channel, the pages of an animation below one another. */
export interface Raster {
  readonly data: Buffer;
  /** pixels */
  readonly width: number;
  /** of one page, pixels */
  readonly height: number;
  readonly channels: 3 | 4;
  /** 1 for a still */
  readonly pages: number;
  /** only for an animation: milliseconds a page, and how often it plays (0 is for ever) */
  readonly animation?: Animation;
  /** EXIF orientation 1..8 that the pixels still need; 1 once they are upright */
  readonly orientation: number;
}

export interface Animation {
  readonly delays: readonly number[];
  readonly loop: number;
}

/** sharp over all pages of the raster, as one picture that knows its pages. The buffer is read, not copied. */
export function pipelineOf(raster: Raster): Sharp {
  const { data, width, height, channels, pages } = raster;
  return sharp(data, {
    raw:
      pages === 1
        ? { width, height, channels }
        : { width, height: height * pages, channels, pageHeight: height },
    animated: pages > 1,
    // decoded already: whoever decoded it has bounded it
    limitInputPixels: false,
  });
}

/** One page of a raster, sharing its memory. */
export function pageOf(raster: Raster, index: number): Raster {
  const { width, height, channels, orientation } = raster;
  const bytes = width * height * channels;
  return {
    data: raster.data.subarray(index * bytes, (index + 1) * bytes),
    width,
    height,
    channels,
    pages: 1,
    orientation,
  };
}

/**
 * Runs `work` on each page by itself, so that no page bleeds into the next, and joins the results.
 * `work` must make pages of the same size.
 */
export async function eachPage(raster: Raster, work: (page: Raster) => Promise<Raster>): Promise<Raster> {
  if (raster.pages === 1) return work(raster);
  return assemble(raster.pages, raster, (index) => work(pageOf(raster, index)));
}

/**
 * The pages, made one by one in order, as one raster with the animation of `like`. Each is copied into its place at
 * once, so that no more than one of them lies in memory twice.
 */
export async function assemble(
  pages: number,
  like: Pick<Raster, 'animation'>,
  make: (index: number) => Promise<Raster>,
): Promise<Raster> {
  const first = await make(0);
  const data = Buffer.allocUnsafeSlow(first.data.length * pages);
  first.data.copy(data);
  for (let index = 1; index < pages; index += 1) {
    const page = await make(index);
    if (page.data.length !== first.data.length) throw new Error('the pages of an animation are of one size');
    page.data.copy(data, index * first.data.length);
  }
  return { ...first, data, pages, ...(like.animation ? { animation: like.animation } : {}) };
}

/** Runs a pipeline of one page into memory. What is not about pixels is as in `like`. */
export async function toRaster(
  pipeline: Sharp,
  like: Pick<Raster, 'animation' | 'orientation'>,
): Promise<Raster> {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  const pages = info.pages ?? 1;
  return {
    data,
    width: info.width,
    height: info.height / pages,
    channels: channelsOf(info.channels),
    pages,
    orientation: like.orientation,
    ...(like.animation && pages > 1 ? { animation: like.animation } : {}),
  };
}

export function sizeOf(raster: Raster): Size {
  return { width: raster.width, height: raster.height };
}

function channelsOf(channels: number): 3 | 4 {
  if (channels === 3 || channels === 4) return channels;
  throw new Error(`a picture in sRGB has 3 or 4 channels, not ${channels}`);
}
