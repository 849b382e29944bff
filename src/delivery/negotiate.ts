import type { Format } from '../images/image.ts';
import { mediaTypes } from '../images/keys.ts';
import { readAccept } from './accept.ts';
import type { DeliveryParameters } from './parameters.ts';

/** What the answer may be, best first, and which request headers that depends on: they belong into `Vary`. */
export interface Negotiated {
  readonly formats: readonly Format[];
  readonly varyOn: readonly string[];
}

/** Of the original: what its renderings should be where the client names nothing better. */
export interface Family {
  readonly format?: Format;
  readonly isAnimated: boolean;
}

/**
 * Which formats to send, best first: one pure function of the request's headers and parameters.
 *
 * AVIF and WebP are sent to those who name them. A wildcard names neither: browsers and libraries that understand
 * nothing but JPEG send it too. They get the original's family, and a modern format only where there is no other.
 *
 * @param header looks up a request header by its lower-case name
 */
export function negotiate(
  header: (name: string) => string | undefined,
  { format }: DeliveryParameters,
  family: Family,
): Negotiated {
  if (format !== undefined) return { formats: [format], varyOn: [] };
  const wanted = readAccept(header('accept'));
  const ranked = rankingOf(family)
    .map((candidate, rank) => {
      const { q, named } = wanted(mediaTypes[candidate]);
      return { candidate, rank, q, isLastResort: modern.has(candidate) && !named };
    })
    .filter(({ q }) => q > 0)
    .sort((a, b) => Number(a.isLastResort) - Number(b.isLastResort) || b.q - a.q || a.rank - b.rank);
  return { formats: ranked.map(({ candidate }) => candidate), varyOn: ['Accept'] };
}

const modern: ReadonlySet<Format> = new Set(['avif', 'webp']);

/** Between formats that a client wants equally: smaller files first, then what is closest to the original. */
const rankings: Readonly<Record<Format, readonly Format[]>> = {
  jpeg: ['avif', 'webp', 'jpeg', 'png', 'gif'],
  tiff: ['avif', 'webp', 'jpeg', 'png', 'gif'],
  png: ['avif', 'webp', 'png', 'jpeg', 'gif'],
  webp: ['avif', 'webp', 'png', 'jpeg', 'gif'],
  avif: ['avif', 'webp', 'png', 'jpeg', 'gif'],
  gif: ['avif', 'webp', 'gif', 'png', 'jpeg'],
};

/** An AVIF of ours stands still: what moves is worth more than what is small. */
const moving: readonly Format[] = ['webp', 'gif', 'avif', 'png', 'jpeg'];

function rankingOf({ format = 'jpeg', isAnimated }: Family): readonly Format[] {
  return isAnimated ? moving : rankings[format];
}
