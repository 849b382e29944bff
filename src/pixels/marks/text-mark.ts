import { Failure } from '../../failures.ts';
import { lumaOf, rgbaOf } from '../colours.ts';
import { fitInside } from '../geometry.ts';
import type { Size } from '../picture.ts';
import type { Raster } from '../raster.ts';
import { blurred, type Coverage, centred, drawLetters, FONT, scaled } from './letters.ts';

/** pixels: a first drawing at this size tells how wide the text runs */
const MEASURED_AT = 64;
/** pixels at that size: how far the halo reaches around the letters */
const HALO_REACH = 12;
/** at its densest, 0..1 */
const HALO_STRENGTH = 0.7;

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

/** The letters at a font size in pixels. */
async function drawn(text: string, size: number): Promise<Coverage> {
  try {
    return await drawLetters(text, { font: FONT, size, align: 'centre' });
  } catch (cause) {
    const message =
      'The watermark text has nothing in it that can be drawn. Name another text in the pipeline.';
    throw new Failure('invalid_pipeline', message, { cause });
  }
}

/** The letters in their colour, over the halo in its own. */
function painted(letters: Coverage, halo: Coverage, color: string): Raster {
  const ink = rgbaOf(color).rgb;
  const contrast = lumaOf(...ink) > 0.4 * 255 ? 0 : 255;
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
