import type { Catalog } from '../images/catalog.ts';
import type { StoredImage } from '../images/image.ts';
import { isSettled } from '../images/states.ts';
import type { LiveEvents } from './live-events.ts';

/**
 * The image, as soon as nothing more will happen to it by itself, or as it is after `ms`. Nothing where there is no
 * such image, or no longer.
 */
export async function whenSettled(
  { catalog, live }: { catalog: Pick<Catalog, 'read'>; live: Pick<LiveEvents, 'bell'> },
  { tenantId, imageId }: { tenantId: string; imageId: string },
  ms: number,
  signal?: AbortSignal,
): Promise<StoredImage | undefined> {
  const deadline = performance.now() + ms;
  const bell = live.bell(tenantId, imageId);
  try {
    for (;;) {
      const image = await catalog.read(tenantId, imageId);
      if (!image || isSettled(image.record.status)) return image;
      if (!(await bell.rung(deadline - performance.now(), signal))) return image;
    }
  } finally {
    bell.takeDown();
  }
}
