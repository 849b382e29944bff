import type { ImageRecord } from '../images/image.ts';
import type { Family } from './accepted-formats.ts';

/** Records that are asked about again and again are looked at once. */
const known = new WeakMap<ImageRecord, Family>();

/** What kind of picture a record is about. */
export function familyOf(record: ImageRecord): Family {
  const before = known.get(record);
  if (before) return before;
  const { original, placeholder } = record;
  const family = {
    isAnimated: (original?.pages ?? 1) > 1,
    hasAlpha: placeholder ? showsAlpha(placeholder.thumbhash) : mayHaveAlpha(original?.format),
  };
  known.set(record, family);
  return family;
}

/**
 * Whether anything shows through: of a ThumbHash, the highest bit of the third byte. It is set for pictures that really
 * are transparent somewhere, not for all that have room for it.
 */
function showsAlpha(thumbhash: string): boolean {
  return ((Buffer.from(thumbhash.slice(0, 4), 'base64')[2] ?? 0) & 0x80) !== 0;
}

function mayHaveAlpha(format: string | undefined): boolean {
  return format !== undefined && format !== 'jpeg';
}
