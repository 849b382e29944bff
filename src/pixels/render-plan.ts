import type { DeliveryOperation } from './delivery-operations.ts';
import type { PictureFormat, Size } from './picture.ts';

export type * from './delivery-operations.ts';

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
    /**
     * `own`: the pixels stay in the colours of the file's profile, and outputs that keep a profile get that one; which
     * JPEG, PNG and WebP can. A file whose colours cannot be left becomes sRGB, as everything does without this.
     */
    readonly colours?: 'own';
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
