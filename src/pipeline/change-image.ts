import { Failure, isFailure } from '../failures.ts';
import type { Catalog, NewImage } from '../images/catalog.ts';
import type { NewImageEvent } from '../images/events.ts';
import type { StoredImage } from '../images/image.ts';
import type { Work } from './queue.ts';

/** A record is written a handful of times in its life: more races than this over one change are a fault. */
const MOST_RACES = 20;

export interface Change {
  readonly next: NewImage;
  readonly events: readonly NewImageEvent[];
}

export interface Changed {
  readonly before: StoredImage;
  readonly after: StoredImage;
}

/**
 * Changes the record of an image by a conditional write. Where somebody else writes first, `decide` is asked again
 * about what is there then.
 *
 * @param decide what the record is to become; nothing, to leave it alone
 * @returns nothing where `decide` left it alone, or the image is gone
 * @throws Failure `internal` where the record keeps changing
 */
export async function changeImage(
  catalog: Catalog,
  { tenant_id: tenantId, image_id: imageId }: Pick<Work, 'tenant_id' | 'image_id'>,
  decide: (stored: StoredImage) => Change | undefined,
): Promise<Changed | undefined> {
  for (let race = 0; race < MOST_RACES; race += 1) {
    const before = await catalog.read(tenantId, imageId);
    const change = before && decide(before);
    if (!change) return undefined;
    try {
      return { before, after: await catalog.replace(before, change.next, change.events) };
    } catch (error) {
      if (!isFailure(error, 'stale_write')) throw error;
    }
  }
  throw new Failure('internal', `The record of image ${imageId} keeps changing. Try again in a moment.`);
}
