/** How long others may keep an answer, seconds; `revalidate`: and show it after that while they ask for it anew. */
const lifetimes = {
  /** the URL names the generation that it shows */
  versioned: { longest: 7 * 86_400, revalidate: 0 },
  /** the image may be processed again, and the pipeline may change */
  settled: { longest: 3600, revalidate: 600 },
  /** something better is being made */
  provisional: { longest: 10, revalidate: 0 },
} as const;

export type Permanence = keyof typeof lifetimes;

/**
 * `Cache-Control` of a picture. No lifetime reaches past the end of the image or of the link, so that no cache
 * shows what is gone here.
 *
 * @param end when image or link end, whichever is first, milliseconds
 */
export function cacheControl(permanence: Permanence, end: number, now: number): string {
  const { longest, revalidate } = lifetimes[permanence];
  const left = Math.floor((end - now) / 1000);
  const seconds = Math.min(longest, left);
  if (seconds <= 0) return 'no-store';
  const stale = Math.min(revalidate, left - seconds);
  const words = [
    'public',
    `max-age=${seconds}`,
    ...(stale > 0 ? [`stale-while-revalidate=${stale}`] : []),
    ...(permanence === 'versioned' ? ['immutable'] : []),
  ];
  return words.join(', ');
}
