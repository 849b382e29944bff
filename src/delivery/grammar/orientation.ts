import type { Kind } from './kind.ts';
import { mendNumber } from './numbers.ts';

/** Orientations of EXIF, 1..8. imgix calls three of them by degrees, and takes 0 to ignore what the file says. */
export const orientation: Kind<number> = {
  range: 'a whole number from 0 to 8, or 90, 180 or 270',
  read: (text) => orientations.get(text),
  write: String,
  mend: mendNumber,
};

const orientations: ReadonlyMap<string, number> = new Map([
  ['0', 1],
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((value) => [String(value), value] as const),
  ['90', 6],
  ['180', 3],
  ['270', 8],
]);
