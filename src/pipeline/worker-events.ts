import type { NewImageEvent } from '../images/events.ts';
import type { StoredImage } from '../images/image.ts';

export function eventOf(
  { record }: StoredImage,
  type: NewImageEvent['type'],
  generation: number,
  at: number,
): NewImageEvent {
  const status =
    type === 'image.variant_added' ? 'ready' : (type.slice('image.'.length) as NewImageEvent['status']);
  return { type, tenantId: record.tenant_id, imageId: record.image_id, status, generation, at };
}
