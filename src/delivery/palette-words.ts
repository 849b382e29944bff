import type { Palette } from '../pixels/render-plan.ts';

/** The colours of a picture in words, shaped as imgix shapes them: what reads its palettes reads ours. */

/** JSON: each colour with its channels from 0 to 1, the most frequent first. */
export function paletteJson({ colors, averageLuminance }: Palette): string {
  return JSON.stringify({
    colors: colors.map(({ hex, share }) => ({ ...channelsOf(hex), hex, share })),
    average_luminance: averageLuminance,
  });
}

/** CSS: two classes for each colour, `image-fg-1` and `image-bg-1` for the most frequent one. */
export function paletteCss({ colors }: Palette): string {
  const rules = colors.flatMap(({ hex }, index) => [
    `.image-fg-${index + 1} { color: ${hex} !important; }\n`,
    `.image-bg-${index + 1} { background-color: ${hex} !important; }\n`,
  ]);
  return rules.join('');
}

/** @param hex #rrggbb */
function channelsOf(hex: string): { red: number; green: number; blue: number } {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return { red: shareOf(red), green: shareOf(green), blue: shareOf(blue) };
}

function shareOf(value: number): number {
  return Math.round((value / 255) * 10_000) / 10_000;
}
