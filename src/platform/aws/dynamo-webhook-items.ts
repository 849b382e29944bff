import { z } from 'zod';
import {
  StoredAttempts,
  StoredEventTypes,
  StoredMessage,
  StoredSecrets,
} from '../../notices/webhooks/stored-message.ts';
import {
  type Delivery,
  deliveryStates,
  disabledReasons,
  type Webhook,
} from '../../notices/webhooks/webhook.ts';
import type { DeliveryKey, WebhookKey } from '../../notices/webhooks/webhook-store.ts';
import { attributes, type Item, integer, type Key, optionalInteger, text } from './dynamo-items.ts';
import { SHARDS, shardOf, shardsOf } from './dynamo-shards.ts';
import { placeOf } from './dynamo-times.ts';

const StoredWebhook = z.object({
  webhookId: z.string(),
  tenantId: z.string(),
  url: z.string(),
  description: z.string(),
  eventTypes: StoredEventTypes,
  isActive: z.boolean(),
  secrets: StoredSecrets,
  createdAt: z.number(),
  disabledBecause: z.enum(disabledReasons).exactOptional(),
});

export const webhooksOf = (tenantId: string) => `webhooks#${tenantId}`;

export function webhookKey({ tenantId, webhookId }: WebhookKey): Key {
  return { pk: webhooksOf(tenantId), sk: webhookId };
}

/** @param nonce of this write, to know its traces by */
export function webhookItem(webhook: Webhook, nonce: string): Item {
  const { version, failingSince, ...body } = webhook;
  return attributes({
    ...webhookKey(webhook),
    ...{ body: JSON.stringify(body), version, failing_since: failingSince, nonce },
  });
}

export function webhookFrom(item: Item): Webhook {
  const failingSince = optionalInteger(item, 'failing_since');
  return {
    ...StoredWebhook.parse(JSON.parse(text(item, 'body'))),
    ...(failingSince !== undefined && { failingSince }),
    version: integer(item, 'version'),
  };
}

/** Where the deliveries of a webhook are: in the table by id, in the index `tenant` by age, in `due` while they wait. */
export const deliveriesOf = ({ tenantId, webhookId }: WebhookKey) => `deliveries#${tenantId}#${webhookId}`;

const HEAP = 'deliveries';
/** Deliveries of all tenants by age, in the index `state`. */
export const agePartitions = () => shardsOf(HEAP, SHARDS.global);

export function deliveryKey({ deliveryId, ...webhook }: DeliveryKey): Key {
  return { pk: deliveriesOf(webhook), sk: deliveryId };
}

const StoredDelivery = z.object({
  deliveryId: z.string(),
  webhookId: z.string(),
  tenantId: z.string(),
  message: StoredMessage,
  createdAt: z.number(),
  state: z.enum(deliveryStates),
  tries: z.number(),
  nextAt: z.number().exactOptional(),
  attempts: StoredAttempts,
});

/** @param revision counts the changes */
export function deliveryItem(delivery: Delivery, revision: number): Item {
  const { deliveryId, createdAt, nextAt } = delivery;
  return attributes({
    ...deliveryKey(delivery),
    ...{ body: JSON.stringify(delivery), revision },
    ...{ tp: deliveriesOf(delivery), at: placeOf(createdAt, deliveryId) },
    sp: `${HEAP}#${shardOf(deliveryId, SHARDS.global)}`,
    dp: nextAt === undefined ? undefined : deliveriesOf(delivery),
    ds: nextAt === undefined ? undefined : placeOf(nextAt, deliveryId),
  });
}

export function deliveryFrom(item: Item): Delivery {
  return StoredDelivery.parse(JSON.parse(text(item, 'body')));
}
