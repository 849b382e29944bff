import type { NewImage } from '../catalog.ts';
import { isoTime } from '../clock.ts';
import type { NewImageEvent } from '../events.ts';
import type { ImageRecord, StoredImage } from '../image.ts';
import { newImageId } from '../keys.ts';

const DAY = 86_400_000;

/** A record for tests of what stores records: uploaded `now`, `received`, alive for seven days. */
export function anImage(now: number, differences: Partial<ImageRecord> = {}): NewImage {
  return {
    generation: 0,
    record: {
      image_id: newImageId(now),
      tenant_id: 'ours',
      user_id: 'anna',
      status: 'received',
      source: 'direct',
      variants: [],
      metadata: {},
      tags: {},
      pipeline: { name: 'default', version: 1 },
      steps: [],
      upload_time: isoTime(now),
      expires_at: isoTime(now + 7 * DAY),
      ...differences,
    },
  };
}

/** The image with another record, to be written by `replace`. */
export function changed(image: StoredImage, differences: Partial<ImageRecord>): NewImage {
  const { version: _, ...rest } = image;
  return { ...rest, record: { ...image.record, ...differences } };
}

/** An event that fits the image. */
export function anEvent(
  image: NewImage,
  at: number,
  type: NewImageEvent['type'] = 'image.received',
): NewImageEvent {
  const { tenant_id: tenantId, image_id: imageId, status } = image.record;
  return { type, tenantId, imageId, status, at };
}
