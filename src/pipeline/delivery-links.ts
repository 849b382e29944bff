import type { Variant } from '../images/image.ts';
import { extensions } from '../images/keys.ts';

/** Links to what was made of an image, as they stand in its record. The name in them is for people: it decides nothing. */

export interface Linked {
  /** without a slash at the end */
  readonly publicUrl: string;
  readonly imageId: string;
  /** as the sender named it */
  readonly filename: string;
}

/** The variant that suits whoever asks. */
export function processedUrl({ publicUrl, imageId, filename }: Linked): string {
  return publicUrl + processedPath({ imageId, filename });
}

export function processedPath({ imageId, filename }: Pick<Linked, 'imageId' | 'filename'>): string {
  return `/i/${imageId}/${stemOf(filename)}`;
}

/** One stored variant in one format, of one generation: what it answers never changes, so that it may be kept for long. */
export function variantUrl(
  linked: Linked,
  variant: Pick<Variant, 'name' | 'format'>,
  generation: number,
): string {
  const { path, query } = variantLink(linked, variant, generation);
  return `${linked.publicUrl}${path}?${new URLSearchParams(query)}`;
}

/** The same in its parts, for whoever signs it. */
export function variantLink(
  linked: Pick<Linked, 'imageId' | 'filename'>,
  { name, format }: Pick<Variant, 'name' | 'format'>,
  generation: number,
): { path: string; query: [name: string, value: string][] } {
  const extension = extensions[format];
  return {
    path: `${processedPath(linked)}.${extension}`,
    query: [
      ['v', name],
      ['fm', extension],
      ['g', String(generation)],
    ],
  };
}

/** Longer names say no more, and some servers refuse long paths. In code points. */
const MAX_STEM = 80;

/** The name without folders and ending, encoded for a path; never a name that a path would understand by itself. */
function stemOf(filename: string): string {
  const name = filename.split(/[/\\]/).at(-1) ?? '';
  const stem = name.replace(/\.[^.]*$/, '').replace(/^\.+/, '');
  const short = [...stem.toWellFormed()].slice(0, MAX_STEM).join('');
  return encodeURIComponent(short) || 'image';
}
