import type { Fill, SizedFit, SizedSpec } from './sizing.ts';

/** What the delivery grammar asks for. Colours are #rrggbb or #rrggbbaa. */
export type DeliveryOperation =
  /** cut, scaled and laid on a ground as `resolveSizing` says for the size that the picture then has */
  | { readonly op: 'sized'; readonly size: SizedSpec }
  /** turned by this angle, then cut to the largest upright rectangle that has no empty corner */
  | { readonly op: 'straighten' /** degrees clockwise */; readonly angle: number }
  /** laid on a ground of this size, which holds all of it: no coordinate is negative */
  | {
      readonly op: 'canvas';
      /** of the ground, pixels */
      readonly width: number;
      readonly height: number;
      /** of the picture on it, pixels */
      readonly left: number;
      readonly top: number;
      readonly fill: Fill;
    }
  /** laid on a ground that is larger by these edges: a canvas for a picture whose size the planner cannot know */
  | { readonly op: 'pad'; readonly edges: Edges; readonly fill: Fill }
  /** a colour shows through what is transparent; a translucent one leaves it translucent */
  | { readonly op: 'flatten'; readonly background: string }
  | AdjustOperation
  /** 0..100; 0 is neutral */
  | { readonly op: 'sepia'; readonly amount: number }
  /** shades of one colour, which is black or white in the darkest and lightest; its opacity is how much of it shows */
  | { readonly op: 'monochrome'; readonly color: string }
  /** from one colour in the darkest parts to the other in the lightest; their opacity is how much of them shows */
  | { readonly op: 'duotone'; readonly dark: string; readonly light: string }
  /** squares of one colour: pixels a side; up to 1 is neutral */
  | { readonly op: 'pixelate'; readonly size: number }
  | {
      readonly op: 'unsharp';
      /** -100..100: above 0 sharpens, below it softens, 0 is neutral */
      readonly amount: number;
      /** Gaussian sigma, pixels, above 0 */
      readonly radius: number;
    }
  /** what lies outside the corners, or the ellipse in the edges, becomes transparent */
  | { readonly op: 'round'; readonly radii: Radii | 'ellipse' }
  /** drawn inside the edges: the size stays. With radii its corners are round, and transparent outside. */
  | { readonly op: 'border'; readonly edges: Edges; readonly color: string; readonly radii?: Radii }
  | PlaceOperation
  | WriteOperation;

/** Light and colour, in one pass and in this order: 0 or absent is neutral. The formulas are in `operations/adjust.ts`. */
export interface AdjustOperation {
  readonly op: 'adjust';
  /** exposure, -100..100 */
  readonly exp?: number;
  /** brightness, -100..100 */
  readonly bri?: number;
  /** contrast, -100..100 */
  readonly con?: number;
  /** gamma, -100..100: above 0 lightens */
  readonly gam?: number;
  /** highlights, -100..0: darkens the lightest parts */
  readonly high?: number;
  /** shadows, 0..100: lightens the darkest parts */
  readonly shad?: number;
  /** degrees, 0..360 */
  readonly hue?: number;
  /** saturation, -100 (grey)..100 */
  readonly sat?: number;
  /** vibrance, -100..100: saturation, most where there is least of it */
  readonly vib?: number;
  /** every colour becomes its opposite */
  readonly invert?: boolean;
}

/**
 * Another picture laid over this one. It is never larger than the room between the paddings, so a box that asks for
 * more is the room; without a box the mark keeps its own size as far as that fits.
 */
export interface PlaceOperation {
  readonly op: 'place';
  /** local file */
  readonly path: string;
  readonly align: Align;
  /** pixels from the left and top edges, in the place of what `align` and `pad` say */
  readonly left?: number;
  readonly top?: number;
  /** of the box that the mark meets; a share is one of this picture's side */
  readonly width?: Length;
  readonly height?: Length;
  /** width of the box as a share of this picture's width, 0..1, where the box has no width */
  readonly scale?: number;
  /** how the mark meets its box; what `fill` leaves empty is transparent */
  readonly fit: Extract<SizedFit, 'clip' | 'crop' | 'fill' | 'max' | 'scale'>;
  /** 0..1 */
  readonly alpha: number;
  /** degrees clockwise; the corners are transparent */
  readonly angle: number;
  /** distance from the edges, and between tiles, pixels */
  readonly pad: number;
  /** repeated in both directions from where it lies, until it covers the picture */
  readonly tile?: 'grid';
}

/** A text written over the picture, in the font that ships with Darkroom: the same pixels on every machine. */
export interface WriteOperation {
  readonly op: 'write';
  /** plain; line breaks are kept */
  readonly text: string;
  /** a face of the fonts that ship with Darkroom */
  readonly font: string;
  /** of the font, pixels; less where the text would be higher than the picture */
  readonly size: number;
  readonly color: string;
  readonly align: Align;
  /** distance from the edges, pixels */
  readonly pad: number;
  /** longer lines are broken; the width of the picture between its paddings where this is absent, and at most that */
  readonly width?: Length;
  /** lines that are too long make the font smaller instead of being broken */
  readonly shrinkToFit: boolean;
  /** 0..10: strength of a shadow behind the letters */
  readonly shadow: number;
}

/** Where something lies that is laid over a picture. */
export interface Align {
  readonly x: 'left' | 'center' | 'right';
  readonly y: 'top' | 'middle' | 'bottom';
}

/** A length: pixels, or a share of the picture's side that it is measured on, above 0. */
export type Length = { readonly px: number } | { readonly share: number };

/** pixels, from 0 */
export interface Edges {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** pixels, from 0: top left, top right, bottom right, bottom left. Where two would meet, all shrink, as in CSS. */
export type Radii = readonly [number, number, number, number];
