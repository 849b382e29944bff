import type { Format } from '../images/image.ts';

/**
 * What a delivery URL asks for: the grammar's parameters with aliases resolved, units normalised and bounds checked.
 * Nothing is decided here: no header has been read and no picture looked at. Absent means not given.
 */
export interface DeliveryRequest {
  /** `v`: name of a stored variant */
  readonly variant?: string;
  readonly source: SourceRequest;
  readonly size: SizeRequest;
  readonly look: LookRequest;
  readonly turn: TurnRequest;
  readonly frame: FrameRequest;
  readonly mark?: MarkRequest;
  readonly text?: TextRequest;
  readonly output: OutputRequest;
}

/** A length: pixels, or a share of the side it is measured on (0 < share <= 1). */
export type Length = { readonly px: number } | { readonly share: number };

export interface SourceRequest {
  /** `rect`: cut before anything else */
  readonly rect?: {
    readonly x: Length | 'left' | 'center' | 'right';
    readonly y: Length | 'top' | 'middle' | 'bottom';
    readonly width: Length | 'full';
    readonly height: Length | 'full';
  };
  /** `orient`: 0..8 as in EXIF (0 is EXIF's own), overrides the file's */
  readonly orient?: number;
  /** `frame`: of an animation, from 1; a still of it */
  readonly page?: number;
}

export const FITS = ['clip', 'max', 'crop', 'min', 'scale', 'fill', 'fillmax', 'clamp', 'facearea'] as const;
export type Fit = (typeof FITS)[number];
export const CROP_MODES = [
  'top',
  'bottom',
  'left',
  'right',
  'faces',
  'entropy',
  'edges',
  'focalpoint',
] as const;
export type CropMode = (typeof CROP_MODES)[number];

export interface SizeRequest {
  readonly width?: Length;
  readonly height?: Length;
  /** pixels; only with `fit=crop` */
  readonly minWidth?: number;
  readonly maxWidth?: number;
  readonly minHeight?: number;
  readonly maxHeight?: number;
  /** 0 < dpr <= 5; multiplies width and height where one of them is given */
  readonly dpr?: number;
  /** width / height; with `fit=crop` or `fit=fill` */
  readonly aspectRatio?: number;
  /** a list falls back from left to right (`facearea,fill`) */
  readonly fit: readonly Fit[];
  /** the first that succeeds wins, else the centre */
  readonly crop: readonly CropMode[];
  /** shares of width and height; zoom 1..100 */
  readonly focalPoint: { readonly x: number; readonly y: number; readonly zoom: number };
  readonly fill: 'solid' | 'blur';
  /** of `fill=solid`; white where absent */
  readonly fillColor?: Color;
}

/** #rrggbb or #rrggbbaa, lower case */
export type Color = string;

/** All integers; 0 or absent is neutral. */
export interface LookRequest {
  readonly bri?: number;
  readonly con?: number;
  readonly exp?: number;
  readonly gam?: number;
  readonly sat?: number;
  readonly vib?: number;
  readonly high?: number;
  readonly shad?: number;
  readonly hue?: number;
  readonly sharp?: number;
  readonly usm?: number;
  /** pixels, 2.5 where absent */
  readonly usmrad?: number;
  readonly blur?: number;
  readonly px?: number;
  readonly sepia?: number;
  readonly invert?: boolean;
  readonly monochrome?: Color;
  readonly duotone?: { readonly dark: Color; readonly light: Color };
}

export interface TurnRequest {
  /** degrees counter-clockwise, 0..359 */
  readonly rot?: number;
  readonly rotType: 'straighten' | 'pivot';
  readonly flip?: 'h' | 'v' | 'hv';
  readonly trim?: { readonly mode: 'auto' | 'color'; readonly color?: Color; readonly tolerance: number };
}

export interface Edges {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

export interface FrameRequest {
  /** pixels; absent where no padding is asked for */
  readonly pad?: Edges;
  readonly background?: Color;
  /** drawn inside the edges */
  readonly border?: { readonly size: Edges; readonly color: Color };
  /** radii of the border, pixels: top-left, top-right, bottom-right, bottom-left */
  readonly borderRadius?: readonly [number, number, number, number];
  readonly mask?: 'ellipse' | 'corners';
  /** of `mask=corners`, pixels, as borderRadius */
  readonly cornerRadius?: readonly [number, number, number, number];
}

export type Align = {
  readonly x: 'left' | 'center' | 'right';
  readonly y: 'top' | 'middle' | 'bottom';
};

export interface MarkRequest {
  /** id of an image of the same tenant, or the name it was given; no URL is ever fetched */
  readonly image: string;
  readonly align: Align;
  /** 0..100 */
  readonly alpha: number;
  readonly width?: Length;
  readonly height?: Length;
  /** 0..100, per cent of the picture's width */
  readonly scale?: number;
  readonly fit: 'clip' | 'crop' | 'fill' | 'max' | 'scale';
  /** pixels */
  readonly pad: number;
  readonly x?: number;
  readonly y?: number;
  /** degrees counter-clockwise */
  readonly rot?: number;
  readonly tile?: 'grid';
}

export interface TextRequest {
  readonly text: string;
  readonly font: string;
  /** pixels */
  readonly size: number;
  readonly color: Color;
  readonly align: Align;
  /** pixels */
  readonly pad: number;
  readonly fit?: 'max';
  readonly width?: Length;
  /** 0..10 */
  readonly shadow: number;
}

export type TextOutput = 'blurhash' | 'thumbhash' | 'json';

export interface OutputRequest {
  /** `fm`, a picture; absent is negotiated under auto=format, else the source's own family */
  readonly format?: Format;
  /** `fm=pjpg` */
  readonly isProgressive?: boolean;
  /** `fm=png8` */
  readonly isPalette?: boolean;
  /** `fm=blurhash|thumbhash|json` */
  readonly text?: TextOutput;
  readonly autoFormat: boolean;
  readonly autoCompress: boolean;
  /** `ch`: which client hints may stand in for parameters */
  readonly hints: { readonly width: boolean; readonly dpr: boolean; readonly saveData: boolean };
  /** 0..100 */
  readonly quality?: number;
  readonly isLossless?: boolean;
  readonly chroma?: '4:2:0' | '4:2:2' | '4:4:4';
  readonly colorSpace?: 'srgb' | 'strip' | 'origin';
  /** 2..256 */
  readonly colors?: number;
  /** `dl`: answer as a download of this name; '' keeps the usual one */
  readonly download?: string;
  /** `palette=json|css` with `colors` 0..16 */
  readonly palette?: { readonly as: 'json' | 'css'; readonly colors: number };
}
