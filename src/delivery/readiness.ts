import { Failure } from '../failures.ts';
import type { ImageRecord } from '../images/image.ts';

/**
 * Whether there are pictures of an image.
 *
 * @throws Failure `image_not_ready` where there may be some soon, `variant_not_found` where there will not
 */
export function assertReady({ status }: Pick<ImageRecord, 'status'>): void {
  if (status === 'ready') return;
  if (status === 'rejected' || status === 'failed') {
    throw new Failure('variant_not_found', 'Nothing could be made of this image.');
  }
  throw new Failure('image_not_ready', 'This image is not ready yet. Ask again in a moment.');
}
