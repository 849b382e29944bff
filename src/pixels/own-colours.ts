import type { Metadata } from 'sharp';

/** Bytes. A profile of any camera has less; a longer one would be sent along with every thumbnail. */
const MAX_PROFILE_BYTES = 64 * 1024;

/**
 * The colour profile of a file whose pixels may be left in its colours: 8 bits, RGB, and a profile for that (ICC.1:2022,
 * 7.2: bytes 16 to 19 name the space, 36 to 39 are always the same). None where they have to become sRGB.
 */
export function ownProfile({ icc, space, depth }: Metadata): Buffer | undefined {
  if (!icc || space !== 'srgb' || depth !== 'uchar' || icc.length > MAX_PROFILE_BYTES) return undefined;
  const isForRgb = icc.toString('latin1', 16, 20) === 'RGB ' && icc.toString('latin1', 36, 40) === 'acsp';
  return isForRgb ? icc : undefined;
}
