import type { Clock } from '../../images/clock.ts';
import type { ImageEvent } from '../../images/events.ts';
import { type Delivery, deliveryIdOf, type Webhook } from './webhook.ts';
import type { WebhookStore } from './webhook-store.ts';

/** Makes deliveries of events, for every webhook that wants to hear of them; the same event again makes no other. */
export function enrollDeliveries({
  store,
  clock,
  wake,
}: {
  store: Pick<WebhookStore, 'list' | 'add'>;
  clock: Clock;
  /** called when there is something to deliver */
  wake: () => void;
}): (events: readonly ImageEvent[]) => Promise<void> {
  return async (events) => {
    const now = clock.now();
    const deliveries: Delivery[] = [];
    for (const [tenantId, ofTenant] of Map.groupBy(events, (event) => event.tenantId)) {
      for (const webhook of await store.list(tenantId)) {
        deliveries.push(...ofTenant.filter((event) => wants(webhook, event)).map(deliveryTo(webhook, now)));
      }
    }
    if (deliveries.length === 0) return;
    await store.add(deliveries);
    wake();
  };
}

function wants({ isActive, eventTypes, createdAt }: Webhook, { type, at }: ImageEvent): boolean {
  return isActive && at >= createdAt && eventTypes.includes(type);
}

function deliveryTo({ webhookId, tenantId }: Webhook, now: number): (event: ImageEvent) => Delivery {
  return (event) => ({
    deliveryId: deliveryIdOf(event),
    ...{ webhookId, tenantId, message: event, createdAt: now, nextAt: now },
    ...{ state: 'pending', tries: 0, attempts: [] },
  });
}
