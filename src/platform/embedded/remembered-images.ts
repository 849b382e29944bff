import type { StoredImage } from '../../images/image.ts';

const MOST = 2000;
/**
 * Milliseconds for which an image that was just looked up is not looked up again. What this process writes it forgets
 * at once; what another process writes meanwhile is seen so much later.
 */
const FRESH_MS = 20;

interface Remembered {
  readonly image: StoredImage;
  readonly endsAt: number;
  /** of a clock that never jumps, milliseconds */
  checkedAt: number;
}

/** Images that were read for delivery lately: to read a record anew costs ten times what a look at its version does. */
export class RememberedImages {
  readonly #images = new Map<string, Remembered>();

  /** The image where it was looked up a moment ago, and has not ended since. */
  fresh(imageId: string, now: number): StoredImage | undefined {
    const known = this.#images.get(imageId);
    if (!known || performance.now() - known.checkedAt > FRESH_MS) return undefined;
    return now < known.endsAt ? known.image : undefined;
  }

  /** The image where it still has this version. */
  confirmed(imageId: string, version: number): StoredImage | undefined {
    const known = this.#images.get(imageId);
    if (known?.image.version !== version) return undefined;
    known.checkedAt = performance.now();
    return known.image;
  }

  keep(image: StoredImage): void {
    // Emptied now and then: the next request for each fills it again, and no order has to be kept with every look.
    if (this.#images.size >= MOST) this.#images.clear();
    const { image_id, expires_at } = image.record;
    this.#images.set(image_id, { image, endsAt: Date.parse(expires_at), checkedAt: performance.now() });
  }

  forget(imageId: string): void {
    this.#images.delete(imageId);
  }
}
