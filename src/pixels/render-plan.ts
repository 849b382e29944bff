import type { PictureFormat, Size } from './picture.ts';
import type { Fill, SizedFit, SizedSpec } from './sizing.ts';

/**
 * The physical plan: what is decoded, which pictures are made from which in memory, and what is encoded.
 * Plain data, made by planners (the pipeline's, later the delivery grammar's) and carried out by `render`, which
 * decides nothing. A plan for the same source gives the same bytes, run to run.
 */
export interface RenderPlan {
  readonly source: {
    /** local file */
    readonly path: string;
    readonly format: PictureFormat;
  };
  /** in an order in which each comes after the one it is made from */
  readonly frames: readonly Frame[];
  /** make the ThumbHash, the dominant colour and the aspect ratio from this frame */
  readonly placeholderFrom?: string;
  /** make a BlurHash from this frame */
  readonly blurhashFrom?: string;
  /** count the colours of this frame */
  readonly paletteFrom?: { readonly frame: string /** at most this many, 0..16 */; readonly colors: number };
}

/** One picture in memory (all pages of it, where animated). Kept only as long as another frame or output needs it. */
export interface Frame {
  readonly id: string;
  /** decoded from the source (its first page, or all of them) or made from an earlier frame */
  readonly from:
    | {
        /** one page as a still, or all of them */
        readonly decode: 'first' | 'all' /** shrink on load is allowed to this size */;
        readonly shrinkTo?: Size;
        /** of a still: which page instead of the first, from 1 */
        readonly page?: number;
      }
    | { readonly frame: string };
  /** carried out strictly in this order */
  readonly operations: readonly Operation[];
  readonly outputs: readonly Output[];
}

/** Where a box meets a picture: nine positions. */
export const POSITIONS = [
  'top-left',
  'top',
  'top-right',
  'left',
  'center',
  'right',
  'bottom-left',
  'bottom',
  'bottom-right',
] as const;
export type Position = (typeof POSITIONS)[number];

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

/** Every operation names the logical step of the document that asked for it: durations are reported by step. */
export type Operation = { readonly step: string } & (
  | { readonly op: 'orient' }
  /** to exactly this size; the proportions are the planner's business */
  | { readonly op: 'resize'; readonly width: number; readonly height: number }
  /** for a picture whose size the planner cannot know (after trim, rotate): resolved by `geometry` at run time */
  | {
      readonly op: 'fit';
      readonly width?: number;
      readonly height?: number;
      readonly fit: 'inside' | 'cover' | 'exact';
      readonly position: Position | 'entropy' | 'attention';
      readonly enlarge: boolean;
    }
  | {
      readonly op: 'extract';
      readonly left: number;
      readonly top: number;
      readonly width: number;
      readonly height: number;
    }
  | { readonly op: 'blur' /** Gaussian, pixels */; readonly sigma: number }
  | { readonly op: 'sharpen' /** Gaussian, pixels */; readonly sigma: number; readonly amount: number }
  | { readonly op: 'greyscale' }
  | {
      readonly op: 'modulate';
      /** factor, 1 neutral */
      readonly brightness: number;
      /** factor, 1 neutral */
      readonly saturation: number;
      /** degrees */
      readonly hue: number;
    }
  | { readonly op: 'gamma'; readonly gamma: number }
  | { readonly op: 'normalise' }
  | { readonly op: 'tint' /** #rrggbb */; readonly color: string }
  | {
      readonly op: 'rotate' /** degrees clockwise */;
      readonly angle: number /** #rrggbb or #rrggbbaa */;
      readonly background: string;
    }
  | { readonly op: 'flip'; readonly axis: 'horizontal' | 'vertical' }
  | {
      readonly op: 'trim';
      /** colour distance 0..255 */
      readonly threshold: number;
      /** #rrggbb, of the borders that are cut off; the top left pixel's where this is absent */
      readonly color?: string;
    }
  | {
      readonly op: 'watermark';
      readonly mark:
        | { readonly text: string /** #rrggbb */; readonly color: string }
        | { readonly path: string };
      readonly place: Position | 'tile';
      /** 0..1 */
      readonly opacity: number;
      /** width of the mark as a share of the picture's width, 0..1 */
      readonly size: number;
      /** distance from the edges as a share of the picture's shorter side, 0..0.5 */
      readonly margin: number;
    }
  | DeliveryOperation
);

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

/** Metadata groups that a pipeline may keep in its outputs. `gps` only ever where it is named. */
export const METADATA_GROUPS = ['copyright', 'camera', 'taken_at', 'description', 'gps', 'profile'] as const;
export type MetadataGroup = (typeof METADATA_GROUPS)[number];

export interface Output {
  /** the variant it belongs to */
  readonly name: string;
  /** name of the file in the output folder, unique in the plan */
  readonly file: string;
  readonly encoding: Encoding;
  readonly keep: readonly MetadataGroup[];
  readonly step: string;
}

/** How a picture is written. What a format does not know is not in its row. */
export type Encoding =
  | {
      readonly format: 'jpeg';
      readonly quality: number;
      readonly progressive: boolean;
      readonly mozjpeg: boolean /** what transparency becomes, #rrggbb */;
      readonly background: string;
      /** how finely colour is kept; by quality where it is not said */
      readonly chroma?: Chroma;
    }
  | {
      readonly format: 'png';
      readonly effort: number;
      readonly progressive: boolean;
      /** quantised to a palette of this many, 2..256, rounded up to 2, 4, 16 or 256: sharp counts bits, by powers of two */
      readonly colours?: number;
    }
  | { readonly format: 'gif'; readonly effort: number /** as in a PNG */; readonly colours: number }
  | { readonly format: 'webp'; readonly quality: number; readonly effort: number; readonly lossless: boolean }
  | {
      readonly format: 'avif';
      readonly quality: number;
      readonly effort: number;
      readonly lossless: boolean;
      /** as in a JPEG */
      readonly chroma?: Chroma;
    };

/** 4:2:2 is written as 4:4:4, which holds all that it would: libvips writes either all of the colour or a quarter. */
export type Chroma = '4:2:0' | '4:2:2' | '4:4:4';

export interface Rendered {
  readonly outputs: readonly RenderedOutput[];
  readonly placeholder?: {
    readonly thumbhash: string;
    readonly dominant_color: string;
    readonly aspect_ratio: number;
  };
  readonly blurhash?: string;
  readonly palette?: Palette;
  /** wall time by logical step, milliseconds */
  readonly stepMs: Readonly<Record<string, number>>;
}

/** Colours that are there most, weighed by opacity. */
export interface Palette {
  /** the most frequent first */
  readonly colors: readonly PaletteColor[];
  /** lightness of the whole picture, 0 (black)..1 (white) */
  readonly averageLuminance: number;
}

export interface PaletteColor {
  /** #rrggbb */
  readonly hex: string;
  /** of the picture that is closest to this colour, 0..1 */
  readonly share: number;
}

export interface RenderedOutput {
  readonly name: string;
  readonly format: Encoding['format'];
  /** path of the written file; not synced to disk */
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** 1 for a still */
  readonly pages: number;
  /** bytes */
  readonly size: number;
  /** lower-case hex */
  readonly sha256: string;
}
