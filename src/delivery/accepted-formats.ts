import type { Format } from '../images/image.ts';
import { readAccept, type Wanted } from './accept.ts';

/** Which formats a client takes, best first. Pure, and free of node: modules: it also runs at the edge. */

/** Of the original: what its renderings should be where the client names nothing better. */
export interface Family {
  readonly isAnimated: boolean;
  readonly hasAlpha: boolean;
}

/** What is written. */
const OFFERED = ['avif', 'webp', 'jpeg', 'png', 'gif'] as const satisfies readonly Format[];
type Offered = (typeof OFFERED)[number];

/** Sent to those who name them. A wildcard names neither: clients that understand nothing but JPEG send it too. */
const MODERN: ReadonlySet<Format> = new Set<Offered>(['avif', 'webp']);

/** What a client says of each format that is offered. */
type Wishes = Readonly<Record<Offered, Wanted>>;

/** What a client takes, by its `Accept`. */
export interface Accepted {
  /** best first */
  formatsFor(family: Family): readonly Format[];
  /** the one way to write the same wishes as a header: read again, it gives the same formats in the same order */
  readonly canonical: string;
}

/** Clients are many, the headers that they send are few. */
const known = new Map<string, Accepted>();
const MOST_KNOWN = 500;
const LONGEST_KNOWN = 512;

/** @param accept the header; absent or empty means that anything will do */
export function acceptedBy(accept = ''): Accepted {
  const before = known.get(accept);
  if (before) return before;
  const accepted = read(accept);
  if (accept.length > LONGEST_KNOWN) return accepted;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(accept, accepted);
  return accepted;
}

function read(accept: string): Accepted {
  const wishes = wishesIn(accept);
  const [moving, clear, opaque] = [MOVING, CLEAR, OPAQUE].map((ours) => ranked(wishes, ours));
  return {
    formatsFor: ({ isAnimated, hasAlpha }) => (isAnimated ? moving : hasAlpha ? clear : opaque) ?? [],
    canonical: canonicalAccept(wishes),
  };
}

function wishesIn(accept: string): Wishes {
  const wanted = readAccept(accept);
  const said = OFFERED.map((format) => [format, wanted(`image/${format}`)] as const);
  // Browsers that know neither AVIF nor WebP name PNG, and JPEG by `image/*;q=0.8`: that is no wish for a photograph
  // of ten times the bytes. Only where both are named do they say which they like better.
  const best = Math.max(...said.map(([format, { q, named }]) => (named && !MODERN.has(format) ? q : 0)));
  const lifted = ({ q, named }: Wanted): Wanted => ({ q: named || q === 0 ? q : Math.max(q, best), named });
  return Object.fromEntries(said.map(([format, wish]) => [format, lifted(wish)])) as Wishes;
}

const OPAQUE = ['avif', 'webp', 'jpeg', 'png', 'gif'] as const;
/** something shows through */
const CLEAR = ['avif', 'webp', 'png', 'jpeg', 'gif'] as const;
/** An AVIF of ours stands still: what moves is worth more than what is small. */
const MOVING = ['webp', 'gif', 'avif', 'png', 'jpeg'] as const;

/** Best first: by the client's wishes, between equals by ours. Modern formats it has not named come last. */
function ranked(wishes: Wishes, ours: readonly Offered[]): readonly Format[] {
  return ours
    .map((format) => ({ format, ...wishes[format] }))
    .filter(({ q }) => q > 0)
    .sort((one, other) => lastResort(one) - lastResort(other) || other.q - one.q)
    .map(({ format }) => format);
}

function lastResort({ format, named }: { format: Format; named: boolean }): number {
  return MODERN.has(format) && !named ? 1 : 0;
}

function canonicalAccept(wishes: Wishes): string {
  const levels = [...new Set(OFFERED.map((format) => wishes[format].q))].sort((one, other) => other - one);
  const levelOf = (q: number) => (q === 0 ? 0 : (10 - levels.indexOf(q)) / 10);
  const rest = Math.max(0, ...OFFERED.map((format) => (wishes[format].named ? 0 : wishes[format].q)));
  const ranges = OFFERED.filter((format) => {
    const { q, named } = wishes[format];
    return named && (MODERN.has(format) || q !== rest);
  }).map((format) => weighted(`image/${format}`, levelOf(wishes[format].q)));
  return [...ranges, ...(rest > 0 ? [weighted('image/*', levelOf(rest))] : [])].join(',') || NOTHING;
}

/** An absent header would accept everything. */
const NOTHING = 'image/*;q=0';

function weighted(type: string, q: number): string {
  return q === 1 ? type : `${type};q=${q}`;
}
