import { z } from 'zod';
import { choice, color, fields, flag, unknownKind, wholeNumber } from './document-fields.ts';

/** What the convert step writes: one row per format, with the fields that this format knows. */

const when = choice(['now', 'first_request'])
  .default('now')
  .describe('first_request: made in the background when it is first asked for, then kept');
const quality = wholeNumber(1, 100);

export const JpegOutput = fields({
  format: z.literal('jpeg'),
  quality: quality.default(80),
  progressive: flag().default(true),
  mozjpeg: flag().default(true).describe('smaller files for more time'),
  background: color().default('#ffffff').describe('what transparency becomes'),
  when,
});
export const PngOutput = fields({
  format: z.literal('png'),
  effort: wholeNumber(1, 10).default(7),
  progressive: flag().default(false),
  colours: wholeNumber(2, 256).optional().describe('reduces to a palette of this many'),
  when,
});
export const GifOutput = fields({
  format: z.literal('gif'),
  effort: wholeNumber(1, 10).default(7),
  colours: wholeNumber(2, 256).default(256),
  when,
});
export const WebpOutput = fields({
  format: z.literal('webp'),
  quality: quality.default(80),
  effort: wholeNumber(0, 6).default(4),
  lossless: flag().default(false),
  when,
});
export const AvifOutput = fields({
  format: z.literal('avif'),
  quality: quality.default(55),
  // Slow efforts are allowed: the renderer's deadline bounds them, and what exceeds it fails as render_too_costly.
  effort: wholeNumber(0, 9).default(2),
  lossless: flag().default(false),
  when,
});

export const OUTPUT_FORMATS = ['webp', 'jpeg', 'avif', 'png', 'gif'] as const;
export const OutputSpec = z.discriminatedUnion(
  'format',
  [WebpOutput, JpegOutput, AvifOutput, PngOutput, GifOutput],
  { error: unknownKind('format', OUTPUT_FORMATS) },
);
export type OutputSpec = z.infer<typeof OutputSpec>;
export type OutputFormat = OutputSpec['format'];

/** An output with nothing said but its format. */
export function defaultOutput(format: OutputFormat): OutputSpec {
  return OutputSpec.parse({ format });
}
