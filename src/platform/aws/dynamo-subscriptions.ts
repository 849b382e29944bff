import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../images/clock.ts';
import {
  mailedEvents,
  type Subscription,
  type SubscriptionKey,
  type SubscriptionStore,
  subscriptionModes,
} from '../../notices/subscriptions/subscription.ts';
import { inParallel } from '../embedded/in-parallel.ts';
import { canBeKey } from './dynamo-asked.ts';
import type { DynamoTable } from './dynamo-client.ts';
import {
  attributes,
  type Item,
  integer,
  type Key,
  keyOf,
  optionalInteger,
  optionalText,
  text,
} from './dynamo-items.ts';
import { postingSteps, removeMailsAbout } from './dynamo-mails.ts';
import { firstOf } from './dynamo-merge.ts';
import {
  AT_ONCE,
  type Condition,
  deleteItem,
  getItem,
  getItems,
  IS_NEW,
  IS_THERE,
  itemsOf,
  pagesOf,
  putItem,
  updateItem,
} from './dynamo-requests.ts';
import { SHARDS, shardOf, shardsOf } from './dynamo-shards.ts';
import { placeOf, sortable } from './dynamo-times.ts';
import { transact, update } from './dynamo-transact.ts';

const Stored = z.object({
  subscriptionId: z.string(),
  tenantId: z.string(),
  address: z.string(),
  eventTypes: z.array(z.enum(mailedEvents)),
  mode: z.enum(subscriptionModes),
  intervalMs: z.number(),
  createdAt: z.number(),
});

const [DUE, UNCONFIRMED] = ['subscriptions', 'unconfirmed'];
const heap = (name: string, id: string) => `${name}#${shardOf(id, SHARDS.global)}`;

/** Was told further, or has gone. */
class Overtaken extends Error {}

/** Subscriptions by tenant; confirmed ones also by when they are due, the others by when they were made. */
export function createDynamoSubscriptions(table: DynamoTable, clock: Clock): SubscriptionStore {
  async function list(tenantId: string): Promise<Subscription[]> {
    const items = await itemsOf(table, { partition: partitionOf(tenantId) });
    return items.map(subscriptionFrom).sort((one, other) => one.createdAt - other.createdAt);
  }

  async function remove(tenantId: string, subscriptionId: string): Promise<boolean> {
    const key = keyFor({ tenantId, subscriptionId });
    if ((await getItem(table, key)) === undefined) return false;
    // First, so that a call that gets no further leaves something to call again for; and again, for what came between.
    await removeMailsAbout(table, subscriptionId);
    const isGone = await deleteItem(table, key, IS_THERE);
    await removeMailsAbout(table, subscriptionId);
    return isGone;
  }

  return {
    async add(subscription) {
      const { subscriptionId: id, createdAt } = subscription;
      const item = attributes({
        ...{ ...keyFor(subscription), body: JSON.stringify(Stored.parse(subscription)) },
        ...{ sp: heap(UNCONFIRMED, id), at: placeOf(createdAt, id) },
      });
      await putItem(table, item, IS_NEW);
    },

    list,

    async find(tenantId, subscriptionId) {
      if (!canBeKey(subscriptionId)) return undefined;
      const item = await getItem(table, keyFor({ tenantId, subscriptionId }));
      return item && subscriptionFrom(item);
    },

    async confirm(of, { at, nextAt, toldUntil }) {
      const told = toldUntil === undefined ? '' : ', told_until = :told';
      const change = {
        expression: `SET confirmed_at = :at, next_at = :next, dp = :dp, ds = :ds${told} REMOVE sp`,
        values: attributes({
          ...{ ':at': at, ':next': nextAt, ':told': toldUntil },
          ...placesAt(of, nextAt),
        }),
      };
      const isWaiting = { expression: 'attribute_exists(pk) AND attribute_not_exists(confirmed_at)' };
      await updateItem(table, keyFor(of), change, isWaiting);
    },

    async remove(tenantId, subscriptionId) {
      return canBeKey(subscriptionId) && (await remove(tenantId, subscriptionId));
    },

    async removeAddress(tenantId, address) {
      const meant = address.toLowerCase();
      const theirs = (await list(tenantId)).filter((each) => each.address.toLowerCase() === meant);
      let removed = 0;
      await inParallel(theirs, AT_ONCE, async ({ subscriptionId }) => {
        if (await remove(tenantId, subscriptionId)) removed += 1;
      });
      return removed;
    },

    async due(now, limit) {
      const partitions = shardsOf(DUE, SHARDS.global);
      const places = await firstOf(table, { index: 'due', partitions, to: sortable(now + 1) }, limit);
      const items = await getItems(table, places.map(keyOf));
      const due = items.filter((item) => (optionalInteger(item, 'next_at') ?? now + 1) <= now);
      return due
        .sort((one, other) => integer(one, 'next_at') - integer(other, 'next_at'))
        .map(subscriptionFrom);
    },

    async advance(of, { toldUntil, nextAt }, mails) {
      const nonce = randomUUID();
      const told = toldUntil === undefined ? 'REMOVE told_until' : ', told_until = :until';
      const change = {
        expression: `SET next_at = :next, dp = :dp, ds = :ds, nonce = :nonce ${told}`,
        values: attributes({
          ...{ ':next': nextAt, ':until': toldUntil, ':nonce': nonce },
          ...placesAt(of, nextAt),
        }),
      };
      const posting = mails.flatMap((mail) => postingSteps(mail, clock.now()));
      try {
        await transact(table, () => [
          update(keyFor(of), change, isToldUntil(of.toldUntil), (found) =>
            found?.nonce?.S === nonce ? undefined : new Overtaken(),
          ),
          ...posting,
        ]);
        return true;
      } catch (error) {
        if (error instanceof Overtaken) return false;
        throw error;
      }
    },

    async forgetUnconfirmed(before) {
      let forgotten = 0;
      const isWaiting = { expression: 'attribute_exists(pk) AND attribute_not_exists(confirmed_at)' };
      await inParallel(shardsOf(UNCONFIRMED, SHARDS.global), AT_ONCE, async (partition) => {
        for await (const page of pagesOf(table, { index: 'state', partition, to: sortable(before) })) {
          for (const item of page) if (await deleteItem(table, keyOf(item), isWaiting)) forgotten += 1;
        }
      });
      return forgotten;
    },
  };
}

const partitionOf = (tenantId: string) => `subscriptions#${tenantId}`;

function keyFor({ tenantId, subscriptionId }: SubscriptionKey): Key {
  return { pk: partitionOf(tenantId), sk: subscriptionId };
}

function placesAt({ subscriptionId: id }: SubscriptionKey, nextAt: number) {
  return { ':dp': heap(DUE, id), ':ds': placeOf(nextAt, id) };
}

function isToldUntil(id: string | undefined): Condition {
  return id === undefined
    ? { expression: 'attribute_exists(pk) AND attribute_not_exists(told_until)' }
    : { expression: 'told_until = :told', values: attributes({ ':told': id }) };
}

function subscriptionFrom(item: Item): Subscription {
  const confirmedAt = optionalInteger(item, 'confirmed_at');
  const toldUntil = optionalText(item, 'told_until');
  return {
    ...Stored.parse(JSON.parse(text(item, 'body'))),
    ...(confirmedAt !== undefined && { confirmedAt }),
    ...(toldUntil !== undefined && { toldUntil }),
  };
}
