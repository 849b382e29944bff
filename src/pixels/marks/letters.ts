import sharp, { type Sharp } from 'sharp';
import { placeInside } from '../geometry.ts';
import type { Size } from '../picture.ts';

/** The one font that fonts/fonts.conf offers. */
export const FONT = 'Inter SemiBold';

/** One byte a pixel: how much of it is covered, 0..255. */
export interface Coverage extends Size {
  readonly data: Buffer;
}

export interface Lettering {
  /** a face that fonts/fonts.conf offers */
  readonly font: string;
  /** pixels */
  readonly size: number;
  readonly align: 'left' | 'centre' | 'right';
  /** pixels: longer lines are broken, between words or else between letters; none are where this is absent */
  readonly width?: number;
}

/**
 * Draws a text, cut to what is inked.
 *
 * @throws Error where nothing is inked
 */
export function drawLetters(text: string, { font, size, align, width }: Lettering): Promise<Coverage> {
  const lines = width === undefined ? { wrap: 'none' as const } : { wrap: 'word-char' as const, width };
  const marked = `<span insert_hyphens="false">${plain(text)}</span>`;
  return coverageOf(sharp({ text: { text: marked, font: `${font} ${size}`, dpi: 72, align, ...lines } }));
}

/** Pango reads markup: what looks like it is text here. Control characters would end or break the string. */
function plain(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, (character) => (character === '\n' ? '\n' : ' '))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

export function scaled(coverage: Coverage, { width, height }: Size): Promise<Coverage> {
  return coverageOf(pipelineOf(coverage).resize(width, height, { fit: 'fill' }));
}

/** In the middle of a larger room. */
export function centred(coverage: Coverage, room: Size): Promise<Coverage> {
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

/** @param sigma pixels; less than 0.3 changes nothing */
export async function blurred(coverage: Coverage, sigma: number): Promise<Coverage> {
  return sigma < 0.3 ? coverage : coverageOf(pipelineOf(coverage).blur(sigma));
}

function pipelineOf({ data, width, height }: Coverage): Sharp {
  return sharp(data, { raw: { width, height, channels: 1 } });
}

async function coverageOf(pipeline: Sharp): Promise<Coverage> {
  const { data, info } = await pipeline.extractChannel(0).raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
