import type { StoredImage } from '../images/image.ts';
import type { ObjectStore } from '../images/object-store.ts';
import { keysOf } from './orphans.ts';

/** How a record may be at odds with what is stored. */
export type RecordTrouble =
  /** an image that still waits for its pipeline has lost its original */
  | 'run_impossible'
  /** variants are gone, the original is there: they can be made again */
  | 'variants_missing'
  /** the original is gone and nothing can bring it back */
  | 'original_missing';

/** Keys that the record names and the store does not have. */
export async function missingObjects(objects: ObjectStore, image: StoredImage): Promise<string[]> {
  const missing: string[] = [];
  for (const key of keysOf(image)) {
    if (!(await objects.head(key))) missing.push(key);
  }
  return missing;
}

/** @param missing at least one key */
export function troubleOf({ record }: StoredImage, missing: readonly string[]): RecordTrouble {
  const originalIsHere = record.original !== undefined && !missing.includes(record.original.key);
  if (originalIsHere) return 'variants_missing';
  return record.status === 'received' || record.status === 'processing'
    ? 'run_impossible'
    : 'original_missing';
}
