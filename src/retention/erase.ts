import { Failure, isFailure } from '../failures.ts';
import type { StoredImage } from '../images/image.ts';
import type { RetentionPorts } from './ports.ts';
import { type Purged, purge } from './purge.ts';
import { bury } from './tombstone.ts';

/** A record is written a handful of times in its life; more races than this with one erasure are a fault. */
const MOST_RACES = 20;

/**
 * Erases an image now: invisible with the first write, its bytes gone when this answers. What a crash leaves in
 * between is finished by the sweeper.
 *
 * @throws Failure `image_not_found` where the tenant has no such image, or no longer
 */
export async function eraseImage(
  ports: RetentionPorts,
  { tenantId, imageId }: { tenantId: string; imageId: string },
): Promise<Purged> {
  for (let race = 0; race < MOST_RACES; race += 1) {
    const image = await ports.catalog.read(tenantId, imageId);
    if (!image) {
      throw new Failure(
        'image_not_found',
        `There is no image ${imageId}. It may have expired or been erased.`,
      );
    }
    const tombstone = await buryUnlessChanged(ports, image);
    if (tombstone) return await purge(ports, tombstone);
  }
  throw new Failure('stale_write', `Image ${imageId} keeps changing. Try to erase it again.`);
}

/** Nothing where somebody else wrote first: the worker, most likely. */
async function buryUnlessChanged(
  ports: RetentionPorts,
  image: StoredImage,
): Promise<StoredImage | undefined> {
  try {
    return await bury(ports, image, 'erased');
  } catch (error) {
    if (isFailure(error, 'stale_write')) return undefined;
    throw error;
  }
}
