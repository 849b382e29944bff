import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../images/clock.ts';
import { settled } from '../../notices/webhooks/settled-delivery.ts';
import type { Delivery, Webhook } from '../../notices/webhooks/webhook.ts';
import type { DeliveryKey, WebhookKey, WebhookStore } from '../../notices/webhooks/webhook-store.ts';
import { decodeCursor, encodeCursor } from '../cursors.ts';
import { inParallel } from '../embedded/in-parallel.ts';
import { canBeKey } from './dynamo-asked.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { createDueWebhooks } from './dynamo-due-webhooks.ts';
import { attributes, type Item, integer, keyOf, text } from './dynamo-items.ts';
import { backOff } from './dynamo-pauses.ts';
import {
  AT_ONCE,
  deleteItem,
  getItem,
  getItems,
  IS_NEW,
  IS_THERE,
  itemsOf,
  pagesOf,
  putItem,
  updateItem,
  writeBatch,
} from './dynamo-requests.ts';
import { placeOf, sortable } from './dynamo-times.ts';
import {
  agePartitions,
  deliveriesOf,
  deliveryFrom,
  deliveryItem,
  deliveryKey,
  webhookFrom,
  webhookItem,
  webhookKey,
  webhooksOf,
} from './dynamo-webhook-items.ts';

/** The sort key of the deliveries of a webhook. */
const DeliveryCursor = z.tuple([z.int(), z.string()]);
const MOST_ROUNDS = 10;

/** Webhooks by tenant, and deliveries by webhook: in the table by id, in indexes by age and by what is due. */
export function createDynamoWebhooks(table: DynamoTable, clock: Clock): WebhookStore {
  const waiting = createDueWebhooks(table, clock);

  async function find(tenantId: string, webhookId: string): Promise<Webhook | undefined> {
    if (!canBeKey(webhookId)) return undefined;
    const item = await getItem(table, webhookKey({ tenantId, webhookId }));
    return item && webhookFrom(item);
  }

  async function readDelivery(key: DeliveryKey): Promise<Item | undefined> {
    return canBeKey(key.deliveryId) && canBeKey(key.webhookId) ? getItem(table, deliveryKey(key)) : undefined;
  }

  /** False where it was changed since it was read. */
  async function rewrite(item: Item, next: Delivery): Promise<boolean> {
    const revision = integer(item, 'revision');
    if (next.nextAt !== undefined) await waiting.mark([next]);
    return putItem(table, deliveryItem(next, revision + 1), {
      expression: 'revision = :read',
      values: attributes({ ':read': revision }),
    });
  }

  /** Changes a delivery as it is; false where there is none. */
  async function change(key: DeliveryKey, next: (delivery: Delivery) => Delivery): Promise<boolean> {
    for (let round = 1; ; round += 1) {
      const item = await readDelivery(key);
      if (!item) return false;
      if (await rewrite(item, next(deliveryFrom(item)))) return true;
      await backOff(round, MOST_ROUNDS);
    }
  }

  async function removeDeliveries(of: WebhookKey): Promise<void> {
    for await (const page of pagesOf(table, { partition: deliveriesOf(of) })) {
      await writeBatch(table, { remove: page.map(keyOf) });
    }
  }

  return {
    async create(webhook) {
      await putItem(table, webhookItem(webhook, randomUUID()), IS_NEW);
    },

    async list(tenantId) {
      const items = await itemsOf(table, { partition: webhooksOf(tenantId) });
      return items.map(webhookFrom).sort((one, other) => one.createdAt - other.createdAt);
    },

    find,

    async replace(webhook) {
      const nonce = randomUUID();
      const isStill = {
        expression: 'version = :before',
        values: attributes({ ':before': webhook.version - 1 }),
      };
      if (await putItem(table, webhookItem(webhook, nonce), isStill)) return true;
      // An earlier try of the client may have got through without an answer.
      return (await getItem(table, webhookKey(webhook)))?.nonce?.S === nonce;
    },

    async remove(tenantId, webhookId) {
      if (!canBeKey(webhookId)) return false;
      const of = { tenantId, webhookId };
      const isGone = await deleteItem(table, webhookKey(of), IS_THERE);
      // Also where an earlier call went no further.
      await removeDeliveries(of);
      return isGone;
    },

    async noteHealth(tenantId, webhookId, failingSince) {
      const change =
        failingSince === undefined
          ? { expression: 'REMOVE failing_since' }
          : { expression: 'SET failing_since = :at', values: attributes({ ':at': failingSince }) };
      await updateItem(table, webhookKey({ tenantId, webhookId }), change, IS_THERE);
    },

    async add(deliveries) {
      const keys = new Map(deliveries.map((each) => [deliveriesOf(each), webhookKey(each)]));
      const there = new Set(
        (await getItems(table, [...keys.values()])).map((item) => deliveriesOf(webhookFrom(item))),
      );
      const meant = deliveries.filter((delivery) => there.has(deliveriesOf(delivery)));
      await waiting.mark(meant.filter(({ nextAt }) => nextAt !== undefined));
      await inParallel(meant, AT_ONCE, async (delivery) => {
        await putItem(table, deliveryItem(delivery, 1), IS_NEW);
      });
    },

    async due(now, limit) {
      const items = await getItems(table, (await waiting.due(now)).map(webhookKey));
      const active = items.map(webhookFrom).filter(({ isActive }) => isActive);
      return active.sort(byHealth).slice(0, limit);
    },

    async lease(of, { now, until, limit }) {
      const stretch = { index: 'due', partition: deliveriesOf(of), to: sortable(now + 1) } as const;
      const places = await itemsOf(table, stretch, limit);
      const items = await getItems(table, places.map(keyOf));
      const due = items.filter((item) => (deliveryFrom(item).nextAt ?? Number.POSITIVE_INFINITY) <= now);
      const leased = new Set<string>();
      await inParallel(due, AT_ONCE, async (item) => {
        const delivery = deliveryFrom(item);
        if (await rewrite(item, { ...delivery, nextAt: until })) leased.add(delivery.deliveryId);
      });
      const ours = due.map(deliveryFrom).filter(({ deliveryId }) => leased.has(deliveryId));
      return ours.sort(byNext).map((delivery) => ({ ...delivery, nextAt: until }));
    },

    async settle(key, attempt, outcome) {
      await change(key, (delivery) => settled(delivery, attempt, outcome));
    },

    replay: (key, at) => change(key, (delivery) => ({ ...delivery, state: 'pending', tries: 0, nextAt: at })),

    async findDelivery(key) {
      const item = await readDelivery(key);
      return item && deliveryFrom(item);
    },

    async deliveries(of, { limit, cursor }) {
      const before = cursor === undefined ? undefined : placeOf(...decodeCursor(cursor, DeliveryCursor));
      const stretch = { index: 'tenant', partition: deliveriesOf(of), isDescending: true } as const;
      const places = await itemsOf(table, { ...stretch, ...(before && { to: before }) }, limit + 2);
      const rest = places.filter((place) => text(place, 'at') !== before);
      const page = rest.slice(0, limit);
      const last = page.at(-1);
      const deliveries = (await getItems(table, page.map(keyOf))).map(deliveryFrom);
      return { deliveries, ...(rest.length > limit && last && { nextCursor: cursorAt(text(last, 'at')) }) };
    },

    async forget(before) {
      let forgotten = 0;
      for (const partition of agePartitions()) {
        for await (const page of pagesOf(table, { index: 'state', partition, to: sortable(before) })) {
          await writeBatch(table, { remove: page.map(keyOf) });
          forgotten += page.length;
        }
      }
      return forgotten;
    },
  };
}

function cursorAt(place: string): string {
  const end = place.indexOf('#');
  return encodeCursor([Number(place.slice(0, end)), place.slice(end + 1)]);
}

/** Those that fail come last. */
function byHealth(one: Webhook, other: Webhook): number {
  const fails = ({ failingSince }: Webhook) => (failingSince === undefined ? 0 : 1);
  return fails(one) - fails(other) || (one.webhookId < other.webhookId ? -1 : 1);
}

function byNext(one: Delivery, other: Delivery): number {
  return (one.nextAt ?? 0) - (other.nextAt ?? 0) || (one.deliveryId < other.deliveryId ? -1 : 1);
}
