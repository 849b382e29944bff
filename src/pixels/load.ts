import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import type { PictureFormat } from './picture.ts';

/** How strangers' bytes are opened. Everything that decodes a file goes through here. */

export interface LoadOptions {
  /** all pages together; more is refused before anything is decoded */
  readonly maxPixels: number;
  /** first page and how many; the first one alone where this is left out */
  readonly pages?: { readonly first: number; readonly count: number };
}

/** What the header of a file says, nothing decoded. Damage inside the pixels does not show here. */
export function readHeader(path: string): Promise<Metadata> {
  // limitInputPixels is off because the caller's own limits name the size and the format
  return sharp(path, { limitInputPixels: false, failOn: 'error' }).metadata();
}

/** A pipeline over the file's pixels in sRGB, 8 bits a channel, alpha kept, not yet upright. */
export function loadPicture(path: string, header: Metadata, options: LoadOptions): Sharp {
  return inSrgb(sharp(path, loadOptions(header, options)), header);
}

function loadOptions(header: Metadata, { maxPixels, pages }: LoadOptions): SharpOptions {
  return {
    limitInputPixels: maxPixels,
    // CMYK and alpha
    limitInputChannels: 5,
    failOn: strictness[header.format as PictureFormat] ?? 'error',
    unlimited: false,
    ...(pages && { page: pages.first, pages: pages.count }),
  };
}

/**
 * Truncated pictures must fail, pictures that phones and old tools wrote a little wrong must not: 'error' is both. In a
 * TIFF only 'warning' finds a JPEG strip that was cut short; unknown tags are no warning to it.
 */
const strictness: Readonly<Partial<Record<PictureFormat, 'error' | 'warning'>>> = { tiff: 'warning' };

/**
 * sharp turns all colours into sRGB by itself, with one exception: a 16-bit picture that has a profile is left in
 * Display P3 and then taken for sRGB, which shifts every colour. Asking for the sRGB profile mends that; asking for it
 * where there is no profile would do the shift.
 */
function inSrgb(pipeline: Sharp, header: Metadata): Sharp {
  const leftInP3 = header.hasProfile && header.space === 'rgb16';
  return leftInP3 ? pipeline.withIccProfile('srgb', { attach: false }) : pipeline.toColourspace('srgb');
}
