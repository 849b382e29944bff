import { z } from '@hono/zod-openapi';
import { EVENT_TYPES } from '../images/events.ts';
import { mailedEvents, subscriptionModes } from '../notices/subscriptions/subscription.ts';
import { deliveryStates, disabledReasons } from '../notices/webhooks/webhook.ts';

/** The schemas of webhooks and subscriptions, with the names that they have in the OpenAPI document. */

const Url = z
  .string()
  .max(2_000)
  .describe('https, on a port of the web or from 1024 on, with no private address');
const EventTypes = z.array(z.enum(EVENT_TYPES)).min(1).max(EVENT_TYPES.length).describe('what it is told of');
const Description = z.string().trim().max(200);

export const WebhookOrder = z
  .strictObject({
    url: Url,
    events: EventTypes.default([...mailedEvents]),
    active: z.boolean().default(true),
    description: Description.default(''),
  })
  .openapi('WebhookOrder');

export const WebhookChange = z
  .strictObject({
    url: Url.optional(),
    events: EventTypes.optional(),
    active: z.boolean().optional().describe('true also after it was disabled: what waits goes out then'),
    description: Description.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, { error: 'names nothing to change' })
  .openapi('WebhookChange');

export const WebhookView = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(z.enum(EVENT_TYPES)),
    active: z.boolean(),
    description: z.string(),
    created_at: z.iso.datetime(),
    failing_since: z.iso.datetime().nullable().describe('of the first failure with no success since'),
    disabled_because: z
      .enum(disabledReasons)
      .nullable()
      .describe('gone: it answered 410; failing: it took nothing for five days'),
    secrets: z.number().int().describe('how many sign now: two while one takes the place of another'),
  })
  .openapi('Webhook');

export const WebhookList = z.object({ webhooks: z.array(WebhookView) }).openapi('WebhookList');

export const MadeWebhook = WebhookView.extend({
  secret: z.string().describe('signs what is sent, as Standard Webhooks says; never shown again'),
}).openapi('MadeWebhook');

export const SecretRotation = z
  .strictObject({
    overlap: z
      .number()
      .int()
      .min(0)
      .max(604_800)
      .default(86_400)
      .describe('seconds for which the secret before signs too'),
  })
  .openapi('SecretRotation');

export const DeliveryView = z
  .object({
    id: z.string().describe('webhook-id: the same for all attempts'),
    event: z.enum(['webhook.test', ...EVENT_TYPES]),
    image_id: z.string().nullable(),
    state: z.enum(deliveryStates).describe('failed: given up, until it is replayed'),
    created_at: z.iso.datetime(),
    next_attempt_at: z.iso.datetime().nullable(),
    attempts: z
      .array(
        z.object({
          at: z.iso.datetime(),
          duration_ms: z.number().int(),
          status: z.number().int().nullable().describe('of the answer; null where there was none'),
          response: z.string().nullable().describe('how its body began, at most 1 KiB'),
          error: z.string().nullable().describe('why there was no answer'),
        }),
      )
      .describe('the last 20, oldest first'),
  })
  .openapi('WebhookDelivery');

export const DeliveryList = z
  .object({ deliveries: z.array(DeliveryView), next_cursor: z.string().nullable() })
  .openapi('WebhookDeliveryList');

export const SubscriptionOrder = z
  .strictObject({
    email: z.email().max(254).toLowerCase(),
    events: z
      .array(z.enum(mailedEvents))
      .min(1)
      .max(mailedEvents.length)
      .default([...mailedEvents]),
    mode: z
      .enum(subscriptionModes)
      .default('digest')
      .describe('each: a mail for each event, a digest where there are many at once'),
    interval: z.number().int().min(60).max(604_800).default(3_600).describe('seconds between two digests'),
  })
  .openapi('SubscriptionOrder');

export const SubscriptionView = z
  .object({
    id: z.string(),
    email: z.string(),
    events: z.array(z.enum(mailedEvents)),
    mode: z.enum(subscriptionModes),
    interval: z.number().int().describe('seconds'),
    confirmed: z.boolean().describe('nothing is sent before'),
    created_at: z.iso.datetime(),
  })
  .openapi('Subscription');

export const SubscriptionList = z
  .object({ subscriptions: z.array(SubscriptionView) })
  .openapi('SubscriptionList');
