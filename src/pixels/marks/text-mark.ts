import sharp, { type Sharp } from 'sharp';
import { Failure } from '../../failures.ts';
import { fitInside, placeInside } from '../geometry.ts';
import type { Size } from '../picture.ts';
import type { Raster } from '../raster.ts';

/** The one font that fonts/fonts.conf offers. */
const FONT = 'Inter SemiBold';
/** pixels: a first drawing at this size tells how wide the text runs */
const MEASURED_AT = 64;
/** pixels at that size: how far the halo reaches around the letters */
const HALO_REACH = 12;
/** at its densest, 0..1 */
const HALO_STRENGTH = 0.7;

/** One byte a pixel: how much of it is covered, 0..255. */
interface Coverage extends Size {
  readonly data: Buffer;
}

/**
 * A text as a mark, as large as fits in the room. Around it lies a soft halo, dark around light text and light around
 * dark text, so that it can be read on any picture. Scripts: Latin, Greek, Cyrillic; the rest becomes boxes.
 *
 * The pixels are the same on every machine where FONTCONFIG_FILE is the one of fonts.ts.
 *
 * @param text plain; several lines are centred
 * @param color #rrggbb
 * @throws Failure `invalid_pipeline` where the text is nothing but space
 */
export async function textMark(text: string, color: string, room: Size): Promise<Raster> {
  const measured = await drawn(text, MEASURED_AT);
  const outer = { width: measured.width + 2 * HALO_REACH, height: measured.height + 2 * HALO_REACH };
  const size = fitInside(outer, room, { enlarge: true });
  const factor = size.width / outer.width;
  const letters = await scaled(await drawn(text, Math.ceil(MEASURED_AT * factor)), {
    width: Math.min(size.width, Math.max(1, Math.round(measured.width * factor))),
    height: Math.min(size.height, Math.max(1, Math.round(measured.height * factor))),
  });
  const placed = await centred(letters, size);
  return painted(placed, await blurred(placed, (HALO_REACH * factor) / 2), color);
}

/** The letters at a font size in pixels, cut to what is inked. */
async function drawn(text: string, fontSize: number): Promise<Coverage> {
  const font = `${FONT} ${fontSize}`;
  const pipeline = sharp({ text: { text: plain(text), font, dpi: 72, align: 'centre', wrap: 'none' } });
  try {
    return await coverageOf(pipeline);
  } catch (cause) {
    const message =
      'The watermark text has nothing in it that can be drawn. Name another text in the pipeline.';
    throw new Failure('invalid_pipeline', message, { cause });
  }
}

/** Pango reads markup: what looks like it is text here. Control characters would end or break the string. */
function plain(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, (character) => (character === '\n' ? '\n' : ' '))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function scaled(coverage: Coverage, { width, height }: Size): Promise<Coverage> {
  return coverageOf(pipelineOf(coverage).resize(width, height, { fit: 'fill' }));
}

function centred(coverage: Coverage, room: Size): Promise<Coverage> {
  const { left, top } = placeInside(room, coverage, 'center');
  return coverageOf(
    pipelineOf(coverage).extend({
      left,
      top,
      right: room.width - coverage.width - left,
      bottom: room.height - coverage.height - top,
      background: '#000000',
    }),
  );
}

async function blurred(coverage: Coverage, sigma: number): Promise<Coverage> {
  return sigma < 0.3 ? coverage : coverageOf(pipelineOf(coverage).blur(sigma));
}

/** The letters in their colour, over the halo in its own. */
function painted(letters: Coverage, halo: Coverage, color: string): Raster {
  const ink = rgbOf(color);
  const contrast = luminance(ink) > 0.4 ? 0 : 255;
  const data = Buffer.alloc(letters.width * letters.height * 4);
  for (let pixel = 0; pixel < letters.data.length; pixel += 1) {
    const inked = (letters.data[pixel] ?? 0) / 255;
    // doubled, because a blurred thin stroke is faint
    const shaded = Math.min(1, ((halo.data[pixel] ?? 0) / 255) * 2) * HALO_STRENGTH * (1 - inked);
    const alpha = inked + shaded;
    if (alpha === 0) continue;
    for (const [channel, value] of ink.entries()) {
      data[pixel * 4 + channel] = Math.round((value * inked + contrast * shaded) / alpha);
    }
    data[pixel * 4 + 3] = Math.round(alpha * 255);
  }
  const { width, height } = letters;
  return { data, width, height, channels: 4, pages: 1, orientation: 1 };
}

type Rgb = readonly [red: number, green: number, blue: number];

function rgbOf(color: string): Rgb {
  const bits = Number.parseInt(color.slice(1, 7), 16);
  return [(bits >> 16) & 255, (bits >> 8) & 255, bits & 255];
}

/** Relative, 0..1, of the gamma-coded values: enough to tell light from dark. */
function luminance([red, green, blue]: Rgb): number {
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

function pipelineOf({ data, width, height }: Coverage): Sharp {
  return sharp(data, { raw: { width, height, channels: 1 } });
}

async function coverageOf(pipeline: Sharp): Promise<Coverage> {
  const { data, info } = await pipeline.extractChannel(0).raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
