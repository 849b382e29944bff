import type { z } from '@hono/zod-openapi';
import { isoTime } from '../images/clock.ts';
import type { Subscription } from '../notices/subscriptions/subscription.ts';
import type { Delivery, Webhook } from '../notices/webhooks/webhook.ts';
import type { DeliveryView, SubscriptionView, WebhookView } from './notice-schemas.ts';

/** Without its secrets. */
export function webhookView(webhook: Webhook, now: number): z.infer<typeof WebhookView> {
  return {
    id: webhook.webhookId,
    url: webhook.url,
    events: [...webhook.eventTypes],
    active: webhook.isActive,
    description: webhook.description,
    created_at: isoTime(webhook.createdAt),
    failing_since: timeOrNull(webhook.failingSince),
    disabled_because: webhook.disabledBecause ?? null,
    secrets: webhook.secrets.filter(({ endsAt }) => endsAt === undefined || endsAt > now).length,
  };
}

export function deliveryView(delivery: Delivery): z.infer<typeof DeliveryView> {
  const { message } = delivery;
  return {
    id: delivery.deliveryId,
    event: message.type,
    image_id: message.type === 'webhook.test' ? null : message.imageId,
    state: delivery.state,
    created_at: isoTime(delivery.createdAt),
    next_attempt_at: timeOrNull(delivery.nextAt),
    attempts: delivery.attempts.map(({ at, durationMs, status, response, error }) => ({
      at: isoTime(at),
      duration_ms: durationMs,
      status: status ?? null,
      response: response ?? null,
      error: error ?? null,
    })),
  };
}

export function subscriptionView(subscription: Subscription): z.infer<typeof SubscriptionView> {
  return {
    id: subscription.subscriptionId,
    email: subscription.address,
    events: [...subscription.eventTypes],
    mode: subscription.mode,
    interval: Math.round(subscription.intervalMs / 1_000),
    confirmed: subscription.confirmedAt !== undefined,
    created_at: isoTime(subscription.createdAt),
  };
}

function timeOrNull(at: number | undefined): string | null {
  return at === undefined ? null : isoTime(at);
}
