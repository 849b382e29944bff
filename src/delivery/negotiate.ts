import type { Format } from '../images/image.ts';
import { acceptedBy, type Family } from './accepted-formats.ts';
import { densityHint, type HeaderLookup, isSlowLink, savesData, widthHint } from './client-hints.ts';
import type { DeliveryRequest } from './request.ts';
import { type UsedHeaders, usedHeaders } from './used-headers.ts';

/** Pure, small and free of node: modules: the same function can run in front of a cache at the edge. */

/** What suits whoever asks, and what that was read from. */
export interface Negotiated {
  /** what the answer may be, best first; undefined leaves the format to the source's family, whatever the client says */
  readonly formats: readonly Format[] | undefined;
  /** the formats are what the client takes, and not what the URL names */
  readonly isOpen: boolean;
  /** `saving`: fewer bytes matter more than fine detail */
  readonly quality: 'usual' | 'saving';
  /** pixels for each CSS pixel, in the place of `dpr` */
  readonly dpr?: number;
  /** pixels of the output, in the place of `w`; `dpr` is in them already */
  readonly width?: number;
  /** Request headers that say the same in few words. In the place of the client's own they lead to the same answer. */
  readonly buckets: Readonly<Record<string, string>>;
  /** request headers that the answer depends on, for `Vary`: by the URL alone, so that caches see the same each time */
  readonly varyOn: readonly string[];
  /** hints that would help, for `Accept-CH` */
  readonly acceptCh: readonly string[];
}

/** Where nothing is known of the original. */
const PHOTO: Family = { isAnimated: false, hasAlpha: false };

/**
 * What to send to whoever asks: one function of the request's headers and parameters, and of the kind of picture.
 *
 * @param header looks up a request header by its lower-case name
 */
export function negotiate(
  header: HeaderLookup,
  request: DeliveryRequest,
  family: Family = PHOTO,
): Negotiated {
  const used = usedHeaders(request);
  const { format } = request.output;
  const accepted = used.accept ? acceptedBy(header('accept')) : undefined;
  const isSaving = (used.saveData && savesData(header)) || (used.network && isSlowLink(header));
  const size = readSize(header, used);
  return {
    formats: accepted?.formatsFor(family) ?? (format && [format]),
    isOpen: used.accept,
    quality: isSaving ? 'saving' : 'usual',
    ...size,
    buckets: {
      ...(accepted && { accept: accepted.canonical }),
      ...(isSaving && { 'save-data': 'on' }),
      ...(size.width !== undefined && { 'sec-ch-width': String(size.width) }),
      ...(size.dpr !== undefined && { 'sec-ch-dpr': String(size.dpr) }),
    },
    varyOn: used.varyOn,
    acceptCh: used.acceptCh,
  };
}

function readSize(header: HeaderLookup, used: UsedHeaders): { width?: number; dpr?: number } {
  const dpr = used.density ? densityHint(header) : undefined;
  const width = used.width ? widthHint(header, dpr) : undefined;
  // A width is one of the screen's own pixels: nothing is to be multiplied any more.
  if (width !== undefined) return { width };
  return dpr === undefined ? {} : { dpr };
}
