import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import { KnownHeaders } from './known-headers.ts';
import { ownProfile } from './own-colours.ts';

/** How strangers' bytes are opened. Everything that decodes a file goes through here. */

export interface LoadOptions {
  /** all pages together; more is refused before anything is decoded */
  readonly maxPixels: number;
  /** first page and how many; the first one alone where this is left out */
  readonly pages?: { readonly first: number; readonly count: number };
  /** leave the pixels in the colours of the file's own profile, where `ownProfile` allows it */
  readonly inOwnColours?: boolean;
}

const headers = new KnownHeaders();

/**
 * What the header of a file says, nothing decoded. Damage inside the pixels does not show here. That of a file which
 * was looked at lately is remembered: a picture is often asked for in several sizes, one after the other.
 */
export function readHeader(path: string): Promise<Metadata> {
  // limitInputPixels is off because the caller's own limits name the size and the format
  return headers.of(path, () => sharp(path, { limitInputPixels: false, failOn: 'error' }).metadata());
}

/** A pipeline over the file's pixels in sRGB, 8 bits a channel, alpha kept, not yet upright. */
export function loadPicture(path: string, header: Metadata, options: LoadOptions): Sharp {
  const ignoreIcc = options.inOwnColours === true && ownProfile(header) !== undefined;
  return inSrgb(sharp(path, { ...loadOptions(options), ignoreIcc }), header);
}

function loadOptions({ maxPixels, pages }: LoadOptions): SharpOptions {
  return {
    limitInputPixels: maxPixels,
    // CMYK and alpha
    limitInputChannels: 5,
    // 'truncated' lets some pictures that were cut short pass, 'warning' refuses what phones write a little wrong
    failOn: 'error',
    unlimited: false,
    ...(pages && { page: pages.first, pages: pages.count }),
  };
}

/**
 * sharp turns all colours into sRGB by itself, with one exception: a 16-bit picture that has a profile is left in
 * Display P3 and then taken for sRGB, which shifts every colour. Asking for the sRGB profile mends that; asking for it
 * where there is no profile would do the shift.
 */
function inSrgb(pipeline: Sharp, header: Metadata): Sharp {
  const leftInP3 = header.hasProfile && header.space === 'rgb16';
  return leftInP3 ? pipeline.withIccProfile('srgb', { attach: false }) : pipeline.toColourspace('srgb');
}
