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
import { integer, oneOf, optionalInteger, text } from './columns.ts';
import type { Database, Row } from './database.ts';

/** Webhooks and their deliveries as rows. */

export function insertWebhook(database: Database, webhook: Webhook): void {
  const { webhookId, tenantId, url, description, eventTypes, isActive, secrets, createdAt } = webhook;
  database.run(
    'INSERT INTO webhooks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[webhookId, tenantId, url, description, JSON.stringify(eventTypes), isActive ? 1 : 0],
    ...[JSON.stringify(secrets), createdAt, webhook.failingSince ?? null],
    ...[webhook.disabledBecause ?? null, webhook.version],
  );
}

/** Answers whether it was still of the version before. */
export function updateWebhook(database: Database, webhook: Webhook): boolean {
  const { url, description, eventTypes, isActive, secrets, version } = webhook;
  const changed = database.run(
    `UPDATE webhooks SET url = ?, description = ?, event_types = ?, is_active = ?, secrets = ?, failing_since = ?,
       disabled_because = ?, version = ? WHERE tenant_id = ? AND webhook_id = ? AND version = ?`,
    ...[url, description, JSON.stringify(eventTypes), isActive ? 1 : 0, JSON.stringify(secrets)],
    ...[webhook.failingSince ?? null, webhook.disabledBecause ?? null, version],
    ...[webhook.tenantId, webhook.webhookId, version - 1],
  );
  return changed > 0;
}

export function webhookFrom(row: Row): Webhook {
  const failingSince = optionalInteger(row, 'failing_since');
  return {
    webhookId: text(row, 'webhook_id'),
    tenantId: text(row, 'tenant_id'),
    url: text(row, 'url'),
    description: text(row, 'description'),
    eventTypes: StoredEventTypes.parse(JSON.parse(text(row, 'event_types'))),
    isActive: integer(row, 'is_active') === 1,
    secrets: StoredSecrets.parse(JSON.parse(text(row, 'secrets'))),
    createdAt: integer(row, 'created_at'),
    ...(failingSince !== undefined && { failingSince }),
    ...(row.disabled_because !== null && {
      disabledBecause: oneOf(disabledReasons, row, 'disabled_because'),
    }),
    version: integer(row, 'version'),
  };
}

/** Does nothing where the delivery is there already, or the webhook is not there any more. */
export function insertDelivery(database: Database, delivery: Delivery): void {
  const { webhookId, deliveryId, tenantId, message, state, tries, nextAt, attempts, createdAt } = delivery;
  database.run(
    `INSERT OR IGNORE INTO webhook_deliveries
       SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM webhooks WHERE webhook_id = ?)`,
    ...[webhookId, deliveryId, tenantId, JSON.stringify(message), state, tries, nextAt ?? null],
    ...[JSON.stringify(attempts), createdAt, webhookId],
  );
}

export function deliveryFrom(row: Row): Delivery {
  const nextAt = optionalInteger(row, 'next_at');
  return {
    deliveryId: text(row, 'delivery_id'),
    webhookId: text(row, 'webhook_id'),
    tenantId: text(row, 'tenant_id'),
    message: StoredMessage.parse(JSON.parse(text(row, 'message'))),
    state: oneOf(deliveryStates, row, 'state'),
    tries: integer(row, 'tries'),
    ...(nextAt !== undefined && { nextAt }),
    attempts: StoredAttempts.parse(JSON.parse(text(row, 'attempts'))),
    createdAt: integer(row, 'created_at'),
  };
}
