/** What is known of a picture before any pixel is decoded. */

export interface Size {
  /** pixels */
  readonly width: number;
  /** pixels */
  readonly height: number;
}

export const PICTURE_FORMATS = ['jpeg', 'png', 'gif', 'webp', 'avif', 'tiff'] as const;
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

/** Header facts. Nothing here has been decoded; `viewed` is what a person sees, after EXIF orientation. */
export interface Probe {
  readonly format: PictureFormat;
  /** of one frame, as stored in the file */
  readonly stored: Size;
  /** of one frame, after EXIF orientation */
  readonly viewed: Size;
  /** EXIF orientation 1..8; 1 where there is none */
  readonly orientation: number;
  /** 1 for a still */
  readonly pages: number;
  /** only for an animation: milliseconds a frame, and how often it plays (0 is for ever) */
  readonly animation?: { readonly delays: readonly number[]; readonly loop: number };
  readonly hasAlpha: boolean;
  readonly isProgressive: boolean;
  /** bits a channel */
  readonly depth: number;
  /** libvips interpretation: srgb, b-w, cmyk, rgb16, ... */
  readonly space: string;
  readonly hasProfile: boolean;
  /** EXIF/IPTC/XMP fields worth keeping in a record, never GPS: see `readMetadata` */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What may be decoded at all. Checked against the header, before any pixel is. */
export interface ProbeLimits {
  readonly formats: readonly PictureFormat[];
  /** pixels of one frame, per format where `megapixelsByFormat` names it */
  readonly megapixels: number;
  readonly megapixelsByFormat: Readonly<Partial<Record<PictureFormat, number>>>;
}
