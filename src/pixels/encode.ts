import type { JpegOptions, Sharp } from 'sharp';
import { Failure } from '../failures.ts';
import { formats } from './formats.ts';
import type { Size } from './picture.ts';
import type { Animation } from './raster.ts';
import type { Chroma, Encoding } from './render-plan.ts';

type Row<Format extends Encoding['format']> = (
  pipeline: Sharp,
  encoding: Extract<Encoding, { format: Format }>,
  animation: { delay?: number[]; loop?: number },
) => Sharp;

/** How each format is written: one row per format. */
const table: { readonly [Format in Encoding['format']]: Row<Format> } = {
  jpeg: (pipeline, { quality, progressive, mozjpeg, background, chroma }) =>
    pipeline.flatten({ background }).jpeg({
      quality,
      progressive,
      ...subsampling(quality, chroma),
      ...(mozjpeg && mozjpegSettings(progressive)),
    }),
  png: (pipeline, { effort, progressive, colours }) =>
    pipeline.png({
      progressive,
      compressionLevel: Math.min(9, effort),
      adaptiveFiltering: colours === undefined,
      ...(colours === undefined ? {} : { palette: true, colours, effort }),
    }),
  gif: (pipeline, { effort, colours }, animation) => pipeline.gif({ effort, colours, ...animation }),
  webp: (pipeline, { quality, effort, lossless }, animation) =>
    pipeline.webp({ quality, effort, lossless, ...animation }),
  avif: (pipeline, { quality, effort, lossless, chroma }) =>
    pipeline.avif({
      quality,
      effort,
      lossless,
      ...subsampling(quality, lossless ? '4:4:4' : chroma),
    }),
};

/**
 * A pipeline that writes its picture as the encoding says, and nothing but the picture: no metadata, no profile.
 *
 * @param picture of one page
 * @throws Failure `image_too_large` where the format cannot hold a side so long
 */
export function encoded(
  pipeline: Sharp,
  encoding: Encoding,
  picture: Size & { readonly animation?: Animation },
): Sharp {
  assertFits(picture, encoding.format);
  const { delays, loop } = picture.animation ?? {};
  const write = table[encoding.format] as Row<Encoding['format']>;
  return write(pipeline, encoding as never, delays ? { delay: [...delays], loop: loop ?? 0 } : {});
}

/** What sharp's `mozjpeg: true` sets, but a baseline JPEG stays one: scans can only be optimised where there are some. */
function mozjpegSettings(progressive: boolean): JpegOptions {
  return {
    trellisQuantisation: true,
    overshootDeringing: true,
    optimiseScans: progressive,
    quantisationTable: 3,
  };
}

/** Half the colour resolution is invisible at ordinary qualities; who asks for more gets all of it. */
function subsampling(quality: number, asked?: Chroma): { chromaSubsampling: '4:2:0' | '4:4:4' } {
  const wanted = asked ?? (quality >= 90 ? '4:4:4' : '4:2:0');
  return { chromaSubsampling: wanted === '4:2:0' ? wanted : '4:4:4' };
}

function assertFits({ width, height }: Size, format: Encoding['format']): void {
  const { maxSide } = formats[format];
  if (Math.max(width, height) <= maxSide) return;
  throw new Failure(
    'image_too_large',
    `A ${format} has at most ${maxSide} pixels a side; the result would have ${width} x ${height}. Ask for a smaller size or another format.`,
  );
}
