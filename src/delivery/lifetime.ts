/** How long others may keep an answer, seconds. */
const longest = {
  /** variant and format are named in the URL */
  pinned: 7 * 86_400,
  /** which variant is the best may change */
  negotiated: 3600,
  /** something better is being made */
  provisional: 10,
} as const;

export type Permanence = keyof typeof longest;

/**
 * `Cache-Control` of a picture. No lifetime reaches past the end of the image or of the link, so that no cache
 * shows what is gone here.
 *
 * @param ends when image and link end, milliseconds
 */
export function cacheControl(permanence: Permanence, ends: readonly number[], now: number): string {
  const left = Math.floor((Math.min(...ends) - now) / 1000);
  const seconds = Math.min(longest[permanence], left);
  if (seconds <= 0) return 'no-store';
  return `public, max-age=${seconds}${permanence === 'pinned' ? ', immutable' : ''}`;
}
