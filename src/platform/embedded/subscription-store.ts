import { z } from 'zod';
import type { Clock } from '../../images/clock.ts';
import {
  mailedEvents,
  type Subscription,
  type SubscriptionStore,
  subscriptionModes,
} from '../../notices/subscriptions/subscription.ts';
import { integer, oneOf, optionalInteger, optionalText, text } from './columns.ts';
import type { Database, Row } from './database.ts';
import { createPostMail } from './mail-outbox.ts';

const EventTypes = z.array(z.enum(mailedEvents));
const OF_ONE = 'tenant_id = ? AND subscription_id = ?';

export function createSubscriptionStore(database: Database, clock: Clock): SubscriptionStore {
  const post = createPostMail(database, clock);

  return {
    async add({ subscriptionId, tenantId, address, eventTypes, mode, intervalMs, createdAt }) {
      database.run(
        'INSERT INTO subscriptions VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL)',
        ...[subscriptionId, tenantId, address, JSON.stringify(eventTypes), mode, intervalMs, createdAt],
      );
    },

    list: async (tenantId) =>
      database
        .all('SELECT * FROM subscriptions WHERE tenant_id = ? ORDER BY created_at, subscription_id', tenantId)
        .map(subscriptionFrom),

    async find(tenantId, subscriptionId) {
      const row = database.get(`SELECT * FROM subscriptions WHERE ${OF_ONE}`, tenantId, subscriptionId);
      return row && subscriptionFrom(row);
    },

    async confirm({ tenantId, subscriptionId }, { at, nextAt, toldUntil }) {
      database.run(
        `UPDATE subscriptions SET confirmed_at = ?, next_at = ?, told_until = ?
         WHERE ${OF_ONE} AND confirmed_at IS NULL`,
        ...[at, nextAt, toldUntil ?? null, tenantId, subscriptionId],
      );
    },

    async remove(tenantId, subscriptionId) {
      return database.write(() => {
        const gone = database.run(`DELETE FROM subscriptions WHERE ${OF_ONE}`, tenantId, subscriptionId);
        const sql = "DELETE FROM mails WHERE words ->> '$.subscription_id' = ?";
        if (gone > 0) database.run(sql, subscriptionId);
        return gone > 0;
      });
    },

    async removeAddress(tenantId, address) {
      return database.write(() => {
        database.run(
          `DELETE FROM mails WHERE recipient = ? COLLATE NOCASE AND words ->> '$.subscription_id' IN
             (SELECT subscription_id FROM subscriptions WHERE tenant_id = ?)`,
          ...[address, tenantId],
        );
        const sql = 'DELETE FROM subscriptions WHERE tenant_id = ? AND address = ? COLLATE NOCASE';
        return database.run(sql, tenantId, address);
      });
    },

    due: async (now, limit) =>
      database
        .all('SELECT * FROM subscriptions WHERE next_at <= ? ORDER BY next_at LIMIT ?', now, limit)
        .map(subscriptionFrom),

    async advance({ tenantId, subscriptionId, toldUntil: before }, { toldUntil, nextAt }, mails) {
      return database.write(() => {
        const moved = database.run(
          `UPDATE subscriptions SET told_until = ?, next_at = ? WHERE ${OF_ONE} AND told_until IS ?`,
          ...[toldUntil ?? null, nextAt, tenantId, subscriptionId, before ?? null],
        );
        if (moved > 0) for (const mail of mails) post(mail);
        return moved > 0;
      });
    },

    async forgetUnconfirmed(before) {
      return database.run('DELETE FROM subscriptions WHERE confirmed_at IS NULL AND created_at < ?', before);
    },
  };
}

function subscriptionFrom(row: Row): Subscription {
  const confirmedAt = optionalInteger(row, 'confirmed_at');
  const toldUntil = optionalText(row, 'told_until');
  return {
    subscriptionId: text(row, 'subscription_id'),
    tenantId: text(row, 'tenant_id'),
    address: text(row, 'address'),
    eventTypes: EventTypes.parse(JSON.parse(text(row, 'event_types'))),
    mode: oneOf(subscriptionModes, row, 'mode'),
    intervalMs: integer(row, 'interval_ms'),
    createdAt: integer(row, 'created_at'),
    ...(confirmedAt !== undefined && { confirmedAt }),
    ...(toldUntil !== undefined && { toldUntil }),
  };
}
