import { isoTime } from '../images/clock.ts';
import type { ImageEvent } from '../images/events.ts';
import type { ImageRecord, StoredImage } from '../images/image.ts';
import { processedUrl, variantUrl } from '../pipeline/delivery-links.ts';
import { strongTag } from './conditional.ts';

/**
 * A record as callers see it. Its links are made anew: they begin with what the service is called now, not with
 * what it was called when the image was made.
 */
export function imageView({ record, generation }: StoredImage, publicUrl: string): ImageRecord {
  const { image_id: imageId, original } = record;
  const linked = { publicUrl, imageId, filename: original?.filename ?? '' };
  return {
    ...record,
    ...(original && { original: { ...original, url: `${publicUrl}/v1/image/${imageId}/original` } }),
    ...(record.processed_url !== undefined && { processed_url: processedUrl(linked) }),
    variants: record.variants.map((variant) => ({
      ...variant,
      url: variantUrl(linked, variant, generation),
    })),
  };
}

export function statusView({ record }: StoredImage) {
  const { image_id, status, steps, error, processed_at, expires_at } = record;
  return {
    image_id,
    status,
    steps,
    ...(error && { error }),
    ...(processed_at !== undefined && { processed_at }),
    expires_at,
  };
}

/** Changes with every write of the record. */
export function versionTag({ version }: StoredImage): string {
  return strongTag(`v${version}`);
}

export function eventView({ id, type, imageId, status, generation, errorCode, at }: ImageEvent) {
  return {
    id,
    type,
    image_id: imageId,
    status,
    ...(generation !== undefined && { generation }),
    ...(errorCode !== undefined && { error_code: errorCode }),
    at: isoTime(at),
  };
}
