import type { PictureFormat } from './picture.ts';

/** What Darkroom knows of a format. A new format is a row here, its magic bytes in `sniff.ts`, a way to write it in `encode.ts`. */
export interface FormatFacts {
  readonly mediaType: string;
  /** without the dot, as output files are named */
  readonly extension: string;
  /** libvips loader classes that read it: everything not named in this table is blocked */
  readonly loaders: readonly string[];
  readonly writes: boolean;
  readonly alpha: boolean;
  /** several frames with delays are read and, where `writes`, written */
  readonly animation: boolean;
  /** longest side that can be written, pixels */
  readonly maxSide: number;
}

/**
 * Sources of the longest sides: libjpeg's JPEG_MAX_DIMENSION; the PNG and GIF headers (libpng's own user limit is a
 * million); WebP's 14 bits; the bound that sharp puts on HEIF. TIFF is read, never written.
 */
export const formats: Readonly<Record<PictureFormat, FormatFacts>> = {
  jpeg: {
    mediaType: 'image/jpeg',
    extension: 'jpg',
    loaders: ['VipsForeignLoadJpeg'],
    writes: true,
    alpha: false,
    animation: false,
    maxSide: 65_500,
  },
  png: {
    mediaType: 'image/png',
    extension: 'png',
    loaders: ['VipsForeignLoadPng'],
    writes: true,
    alpha: true,
    animation: false,
    maxSide: 1_000_000,
  },
  gif: {
    mediaType: 'image/gif',
    extension: 'gif',
    loaders: ['VipsForeignLoadNsgif'],
    writes: true,
    alpha: true,
    animation: true,
    maxSide: 65_535,
  },
  webp: {
    mediaType: 'image/webp',
    extension: 'webp',
    loaders: ['VipsForeignLoadWebp'],
    writes: true,
    alpha: true,
    animation: true,
    maxSide: 16_383,
  },
  avif: {
    mediaType: 'image/avif',
    extension: 'avif',
    loaders: ['VipsForeignLoadHeif'],
    writes: true,
    alpha: true,
    animation: false,
    maxSide: 16_384,
  },
  tiff: {
    mediaType: 'image/tiff',
    extension: 'tif',
    loaders: ['VipsForeignLoadTiff'],
    writes: false,
    alpha: true,
    animation: false,
    maxSide: 65_535,
  },
};
