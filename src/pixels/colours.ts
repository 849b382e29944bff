/** Colours as numbers. */

/** 0..255 */
export type Rgb = readonly [red: number, green: number, blue: number];

export interface Rgba {
  readonly rgb: Rgb;
  /** opacity, 0..1 */
  readonly alpha: number;
}

/** @param color #rrggbb or #rrggbbaa */
export function rgbaOf(color: string): Rgba {
  const bits = Number.parseInt(color.slice(1, 7), 16);
  const alpha = color.length > 7 ? Number.parseInt(color.slice(7, 9), 16) / 255 : 1;
  return { rgb: [(bits >> 16) & 255, (bits >> 8) & 255, bits & 255], alpha };
}

/** #rrggbb */
export function hexOf(rgb: Rgb): string {
  return `#${rgb.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;
}

/** How much each channel adds to lightness: Rec. 709, as Filter Effects Level 1 rounds them. */
export const LUMA = [0.2126, 0.7152, 0.0722] as const;

/** Lightness of a gamma-coded colour, 0..255. */
export function lumaOf(red: number, green: number, blue: number): number {
  return LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue;
}

export function mixed(from: Rgb, to: Rgb, share: number): Rgb {
  return [
    from[0] + (to[0] - from[0]) * share,
    from[1] + (to[1] - from[1]) * share,
    from[2] + (to[2] - from[2]) * share,
  ];
}
