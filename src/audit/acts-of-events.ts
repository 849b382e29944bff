import type { NewImageEvent } from '../images/events.ts';
import { type Act, SYSTEM } from './entry.ts';

/**
 * What the trail says of an event that nobody asked for: an image's time came. To be written in the same transaction.
 * What people do is told by whoever takes their request.
 */
export function actsOfEvents(events: readonly NewImageEvent[]): Act[] {
  return events
    .filter(({ type }) => type === 'image.expired')
    .map(({ tenantId, imageId }) => ({
      tenant_id: tenantId,
      actor: SYSTEM,
      action: 'image.expire',
      outcome: 'allowed',
      image_id: imageId,
    }));
}
