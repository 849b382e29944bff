/** Reads `Accept` (RFC 9110, 12.5.1). Pure, and free of node: modules: it also runs at the edge. */

/** How much a media type is wanted: 1 is most, 0 is not at all. `named` is false where only a wildcard covers it. */
export interface Wanted {
  readonly q: number;
  readonly named: boolean;
}

interface MediaRange {
  readonly type: string;
  readonly q: number;
}

/** Longer headers are cut: what a client wants fits in the first few. */
const MAX_HEADER = 2048;

/** @param accept the header; absent or empty means that anything will do */
export function readAccept(accept: string | undefined): (mediaType: string) => Wanted {
  const ranges = (accept ?? '').slice(0, MAX_HEADER).split(',').map(rangeFrom).filter(isPresent);
  if (ranges.length === 0) return () => ({ q: 1, named: false });
  const byType = new Map<string, number>();
  // Of two ranges of one type the first counts, whichever order a cache may put later ones in.
  for (const { type, q } of ranges) if (!byType.has(type)) byType.set(type, q);

  return (mediaType) => {
    const exact = byType.get(mediaType);
    if (exact !== undefined) return { q: exact, named: true };
    const group = mediaType.slice(0, mediaType.indexOf('/'));
    return { q: byType.get(`${group}/*`) ?? byType.get('*/*') ?? 0, named: false };
  };
}

const TYPE = /^[!#$%&'*+.^_`|~0-9a-z-]+\/[!#$%&'*+.^_`|~0-9a-z-]+$/;
const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** What cannot be read is left out, as if it had not been sent. */
function rangeFrom(element: string): MediaRange | undefined {
  const [type = '', ...parameters] = element.split(';').map((part) => part.trim().toLowerCase());
  if (!TYPE.test(type)) return undefined;
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  if (weight !== undefined && !WEIGHT.test(weight)) return undefined;
  return { type, q: weight === undefined ? 1 : Number(weight) };
}

function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined;
}
