import { bucketFor, DENSITIES, WIDTHS } from './buckets.ts';

/** Reads what clients say of their screen and their link. Pure, and free of node: modules: it also runs at the edge. */

/** Looks up a request header by its lower-case name. */
export type HeaderLookup = (name: string) => string | undefined;

/** Headers that a hint is read from, the newer name first. As `Vary` and `Accept-CH` write them. */
export const hintHeaders = {
  density: ['Sec-CH-DPR', 'DPR'],
  width: ['Sec-CH-Width', 'Width'],
  viewport: ['Sec-CH-Viewport-Width'],
  saveData: ['Save-Data'],
  network: ['ECT', 'RTT', 'Downlink'],
} as const;

/** What cannot be a screen or an image on it is nonsense, and read as if it had not been sent. */
const MOST = { density: 20, width: 100_000 } as const;

/** Pixels for each CSS pixel, a bucket. */
export function densityHint(header: HeaderLookup): number | undefined {
  const density = first(header, hintHeaders.density, MOST.density);
  return density && bucketFor(density, DENSITIES);
}

/**
 * Pixels of the screen, a bucket: as wide as the image is laid out, or else as the window, which is the most it can be.
 *
 * @param density of the screen: the width of a window is said in CSS pixels, that of an image is not
 */
export function widthHint(header: HeaderLookup, density: number | undefined): number | undefined {
  const viewport = first(header, hintHeaders.viewport, MOST.width);
  const width = first(header, hintHeaders.width, MOST.width) ?? (viewport && viewport * (density ?? 1));
  return width && bucketFor(width, WIDTHS);
}

export function savesData(header: HeaderLookup): boolean {
  return header('save-data')?.trim().toLowerCase() === 'on';
}

const SLOW_TYPES: ReadonlySet<string> = new Set(['slow-2g', '2g', '3g']);
/** milliseconds; above it a link is slow */
const QUICK_RTT = 150;
/** Mbit/s; below it a link is slow */
const QUICK_DOWNLINK = 5;

/** Whether the link is slow, by what the client knows of it. */
export function isSlowLink(header: HeaderLookup): boolean {
  if (SLOW_TYPES.has(header('ect')?.trim().toLowerCase() ?? '')) return true;
  const [rtt, downlink] = [numberIn(header('rtt')), numberIn(header('downlink'))];
  return (rtt ?? 0) > QUICK_RTT || (downlink ?? QUICK_DOWNLINK) < QUICK_DOWNLINK;
}

/** The first of the headers that holds a number above 0 and up to `most`. */
function first(header: HeaderLookup, names: readonly string[], most: number): number | undefined {
  for (const name of names) {
    const number = numberIn(header(name.toLowerCase())) ?? 0;
    if (number > 0 && number <= most) return number;
  }
  return undefined;
}

const NUMBER = /^\d{1,9}(?:\.\d{1,9})?$/;

function numberIn(text: string | undefined): number | undefined {
  const trimmed = text?.trim();
  return trimmed !== undefined && NUMBER.test(trimmed) ? Number(trimmed) : undefined;
}
