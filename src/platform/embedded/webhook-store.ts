import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { settled } from '../../notices/webhooks/settled-delivery.ts';
import type { Delivery } from '../../notices/webhooks/webhook.ts';
import type { DeliveryKey, WebhookStore } from '../../notices/webhooks/webhook-store.ts';
import { decodeCursor, encodeCursor } from '../cursors.ts';
import type { Database } from './database.ts';
import { deliveryFrom, insertDelivery, insertWebhook, updateWebhook, webhookFrom } from './webhook-rows.ts';

/** Rows deleted at a time: nobody waits long for a large clean-up. */
const BATCH = 1_000;
/** The sort key of the deliveries of a webhook. */
const DeliveryCursor = z.tuple([z.int(), z.string()]);
const OF_ONE = 'tenant_id = ? AND webhook_id = ? AND delivery_id = ?';

export function createWebhookStore(database: Database): WebhookStore {
  /**
   * Of deliveries, what a power cut undoes is done again: what is in a line of events still is, and what was sent is
   * sent a second time.
   */
  const unhurried = <T>(work: () => T): T => database.unhurried(() => database.write(work));

  const readDelivery = ({ tenantId, webhookId, deliveryId }: DeliveryKey): Delivery | undefined => {
    const row = database.get(
      `SELECT * FROM webhook_deliveries WHERE ${OF_ONE}`,
      tenantId,
      webhookId,
      deliveryId,
    );
    return row && deliveryFrom(row);
  };

  return {
    async create(webhook) {
      insertWebhook(database, webhook);
    },

    list: async (tenantId) =>
      database
        .all('SELECT * FROM webhooks WHERE tenant_id = ? ORDER BY created_at, webhook_id', tenantId)
        .map(webhookFrom),

    async find(tenantId, webhookId) {
      const sql = 'SELECT * FROM webhooks WHERE tenant_id = ? AND webhook_id = ?';
      const row = database.get(sql, tenantId, webhookId);
      return row && webhookFrom(row);
    },

    replace: async (webhook) => updateWebhook(database, webhook),

    async remove(tenantId, webhookId) {
      const sql = 'DELETE FROM webhooks WHERE tenant_id = ? AND webhook_id = ?';
      return database.run(sql, tenantId, webhookId) > 0;
    },

    async noteHealth(tenantId, webhookId, failingSince) {
      const sql = 'UPDATE webhooks SET failing_since = ? WHERE tenant_id = ? AND webhook_id = ?';
      database.run(sql, failingSince ?? null, tenantId, webhookId);
    },

    async add(deliveries) {
      unhurried(() => {
        for (const delivery of deliveries) insertDelivery(database, delivery);
      });
    },

    due: async (now, limit) =>
      database
        .all(
          `SELECT * FROM webhooks WHERE is_active = 1 AND EXISTS (
             SELECT 1 FROM webhook_deliveries WHERE webhook_id = webhooks.webhook_id AND next_at <= ?)
           ORDER BY failing_since IS NOT NULL, webhook_id LIMIT ?`,
          now,
          limit,
        )
        .map(webhookFrom),

    async lease({ tenantId, webhookId }, { now, until, limit }) {
      return unhurried(() => {
        const rows = database.all(
          `SELECT * FROM webhook_deliveries WHERE tenant_id = ? AND webhook_id = ? AND next_at <= ?
           ORDER BY next_at, delivery_id LIMIT ?`,
          ...[tenantId, webhookId, now, limit],
        );
        const leased = rows.map((row) => ({ ...deliveryFrom(row), nextAt: until }));
        for (const { deliveryId } of leased) {
          const sql = `UPDATE webhook_deliveries SET next_at = ? WHERE ${OF_ONE}`;
          database.run(sql, until, tenantId, webhookId, deliveryId);
        }
        return leased;
      });
    },

    async settle(key, attempt, outcome) {
      unhurried(() => {
        const delivery = readDelivery(key);
        if (delivery !== undefined) updateDelivery(database, settled(delivery, attempt, outcome));
      });
    },

    async replay(key, at) {
      return database.write(() => {
        const delivery = readDelivery(key);
        if (delivery === undefined) return false;
        updateDelivery(database, { ...delivery, state: 'pending', tries: 0, nextAt: at });
        return true;
      });
    },

    findDelivery: async (key) => readDelivery(key),

    async deliveries({ tenantId, webhookId }, { limit, cursor }) {
      const before = cursor === undefined ? [] : decodeCursor(cursor, DeliveryCursor);
      const rows = database.all(
        `SELECT * FROM webhook_deliveries WHERE webhook_id = ? AND tenant_id = ?
           ${cursor === undefined ? '' : 'AND (created_at, delivery_id) < (?, ?)'}
         ORDER BY created_at DESC, delivery_id DESC LIMIT ?`,
        ...[webhookId, tenantId, ...before, limit + 1],
      );
      const deliveries = rows.slice(0, limit).map(deliveryFrom);
      const last = deliveries.at(-1);
      const nextCursor = rows.length > limit && last && encodeCursor([last.createdAt, last.deliveryId]);
      return { deliveries, ...(nextCursor !== undefined && nextCursor !== false && { nextCursor }) };
    },

    async forget(before) {
      let forgotten = 0;
      for (;;) {
        const gone = database.run(
          `DELETE FROM webhook_deliveries WHERE (webhook_id, delivery_id) IN
             (SELECT webhook_id, delivery_id FROM webhook_deliveries WHERE created_at < ? LIMIT ${BATCH})`,
          before,
        );
        forgotten += gone;
        if (gone < BATCH) return forgotten;
        await nextTurn();
      }
    },
  };
}

function updateDelivery(
  database: Database,
  { tenantId, webhookId, deliveryId, state, tries, nextAt, attempts }: Delivery,
): void {
  database.run(
    `UPDATE webhook_deliveries SET state = ?, tries = ?, next_at = ?, attempts = ? WHERE ${OF_ONE}`,
    ...[state, tries, nextAt ?? null, JSON.stringify(attempts), tenantId, webhookId, deliveryId],
  );
}
