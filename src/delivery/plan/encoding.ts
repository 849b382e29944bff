import { formats } from '../../pixels/formats.ts';
import { areaOf } from '../../pixels/geometry.ts';
import type { Probe, Size } from '../../pixels/picture.ts';
import type { Encoding } from '../../pixels/render-plan.ts';
import type { FrameRequest, OutputRequest } from '../request.ts';

type Written = Encoding['format'];

/**
 * The format that the request names or that was negotiated; without one, the source's family: a GIF where the source
 * moves, a PNG where it has alpha, else a JPEG.
 */
export function formatOf({ format }: OutputRequest, probe: Probe, page?: number): Written {
  if (format !== undefined && format !== 'tiff') return format;
  if (probe.pages > 1 && page === undefined) return 'gif';
  return probe.hasAlpha ? 'png' : 'jpeg';
}

export interface Settled {
  readonly format: Written;
  readonly note?: string;
}

/**
 * The format that can hold the picture: the one asked for, or the next best. A client that reads AVIF reads WebP, and
 * all of them read PNG and JPEG.
 *
 * @param size of what is delivered, pixels
 */
export function settleFormat(asked: Written, size: Size, hasAlpha: boolean): Settled {
  if (holds(asked, size)) return { format: asked };
  const candidates: readonly Written[] = ['webp', hasAlpha ? 'png' : 'jpeg', 'png'];
  const format = candidates.find((candidate) => candidate !== asked && holds(candidate, size)) ?? 'png';
  const { width, height } = size;
  return { format, note: `${format} instead of ${asked}, which cannot hold ${width} x ${height} pixels` };
}

/**
 * The largest AVIF that decoders have to take, pixels: AV1 Image File Format 1.1, section 8.3, "Advanced Profile".
 * Above it most readers do without the picture.
 */
const MOST_PIXELS: { readonly [Format in Written]?: number } = { avif: 35_651_584 };

function holds(format: Written, size: Size): boolean {
  const mostPixels = MOST_PIXELS[format] ?? Number.POSITIVE_INFINITY;
  return Math.max(size.width, size.height) <= formats[format].maxSide && areaOf(size) <= mostPixels;
}

/** How the picture is written. */
export function encodingAs(format: Written, output: OutputRequest, { background }: FrameRequest): Encoding {
  return table[format]({ ...output, background: background?.slice(0, 7) ?? '#ffffff' });
}

interface Asked extends OutputRequest {
  /** what transparency becomes where the format knows none, #rrggbb */
  readonly background: string;
}

const table: { readonly [Format in Written]: (asked: Asked) => Extract<Encoding, { format: Format }> } = {
  jpeg: (asked) => ({
    format: 'jpeg',
    quality: qualityOf(asked),
    progressive: isProgressive(asked),
    // saves a tenth of the bytes for ten times the time
    mozjpeg: false,
    background: asked.background,
    ...(asked.chroma && { chroma: asked.chroma }),
  }),
  png: ({ isPalette, colors, autoCompress }) =>
    isPalette || colors !== undefined || autoCompress
      ? { format: 'png', effort: PNG8_EFFORT, progressive: false, colours: colors ?? MOST_COLOURS }
      : { format: 'png', effort: PNG_EFFORT, progressive: false },
  gif: ({ colors }) => ({ format: 'gif', effort: GIF_EFFORT, colours: colors ?? MOST_COLOURS }),
  webp: (asked) => ({
    format: 'webp',
    quality: qualityOf(asked),
    effort: WEBP_EFFORT,
    lossless: asked.isLossless ?? false,
  }),
  avif: (asked) => ({
    format: 'avif',
    quality: avifQuality(qualityOf(asked)),
    effort: AVIF_EFFORT,
    lossless: asked.isLossless ?? false,
    ...(asked.chroma && { chroma: asked.chroma }),
  }),
};

const MOST_COLOURS = 256;
/*
 * Somebody waits for what is delivered. Measured on 400 x 250 pixels of a photograph against what the pipeline takes:
 * GIF in a fifth of the time for 12 % more bytes, PNG8 in half for 16 %, AVIF in half for 5 %.
 */
const PNG_EFFORT = 6;
const PNG8_EFFORT = 5;
const GIF_EFFORT = 3;
const WEBP_EFFORT = 4;
const AVIF_EFFORT = 1;

const QUALITY = 75;
const COMPRESSED_QUALITY = 45;

/** 1..100: what encoders take */
function qualityOf({ quality, autoCompress }: OutputRequest): number {
  return Math.max(1, quality ?? (autoCompress ? COMPRESSED_QUALITY : QUALITY));
}

/** `fm=jpg` is a plain one; where nobody named a format, people on slow links should see something soon. */
function isProgressive({ isProgressive, autoFormat, format }: OutputRequest): boolean {
  return isProgressive ?? (autoFormat || format === undefined);
}

/** Of `q`, what an AVIF needs to look as good as a WebP of that quality. In between, straight lines. */
const AVIF_QUALITIES = [
  [1, 1],
  [45, 38],
  [75, 55],
  [90, 75],
  [100, 100],
] as const;

/** @param quality of a WebP or JPEG, 1..100 */
export function avifQuality(quality: number): number {
  const above = Math.max(
    1,
    AVIF_QUALITIES.findIndex(([from]) => from >= quality),
  );
  const [[low, from], [high, to]] = [
    AVIF_QUALITIES[above - 1] ?? [0, 0],
    AVIF_QUALITIES[above] ?? [100, 100],
  ];
  return Math.round(from + ((quality - low) / (high - low)) * (to - from));
}
