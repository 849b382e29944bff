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
export type Wishes = Readonly<Record<Offered, Wanted>>;

/** @param accept the header; absent or empty means that anything will do */
export function wishesIn(accept: string | undefined): Wishes {
  const wanted = readAccept(accept);
  const said = OFFERED.map((format) => [format, wanted(`image/${format}`)] as const);
  // Browsers that know neither AVIF nor WebP name PNG, and JPEG by `image/*;q=0.8`: that is no wish for a photograph
  // of ten times the bytes. Only where both are named do they say which they like better.
  const best = Math.max(...said.map(([format, { q, named }]) => (named && !MODERN.has(format) ? q : 0)));
  const lifted = ({ q, named }: Wanted): Wanted => ({ q: named || q === 0 ? q : Math.max(q, best), named });
  return Object.fromEntries(said.map(([format, wish]) => [format, lifted(wish)])) as Wishes;
}

/** What a client takes, best first: by its wishes, between equals by ours. Modern formats it has not named come last. */
export function acceptedFormats(wishes: Wishes, { isAnimated, hasAlpha }: Family): readonly Format[] {
  const still = hasAlpha ? TRANSPARENT : OPAQUE;
  return (isAnimated ? MOVING : still)
    .map((format) => ({ format, ...wishes[format] }))
    .filter(({ q }) => q > 0)
    .sort((one, other) => lastResort(one) - lastResort(other) || other.q - one.q)
    .map(({ format }) => format);
}

const OPAQUE = ['avif', 'webp', 'jpeg', 'png', 'gif'] as const;
const TRANSPARENT = ['avif', 'webp', 'png', 'jpeg', 'gif'] as const;
/** An AVIF of ours stands still: what moves is worth more than what is small. */
const MOVING = ['webp', 'gif', 'avif', 'png', 'jpeg'] as const;

function lastResort({ format, named }: { format: Format; named: boolean }): number {
  return MODERN.has(format) && !named ? 1 : 0;
}

/** The one way to write these wishes as a header: read again, it gives the same formats in the same order. */
export function canonicalAccept(wishes: Wishes): string {
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
