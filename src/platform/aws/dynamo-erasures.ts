import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 } from 'uuid';
import type { Clock } from '../../images/clock.ts';
import type { StoredImage } from '../../images/image.ts';
import { isGone } from '../../images/states.ts';
import type { DeadLetters } from '../../pipeline/queue.ts';
import type { Erasure, Erasures, Who } from '../../retention/erasure.ts';
import { inParallel } from '../embedded/in-parallel.ts';
import { canBeKey } from './dynamo-asked.ts';
import { appendActs } from './dynamo-audit-items.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { erasingKey, isErasing, LATECOMERS_MS } from './dynamo-erasing.ts';
import {
  doomedFrom,
  doomedItem,
  erasureFrom,
  erasureItem,
  erasureKey,
  notes,
  textItem,
  UNFINISHED,
  unfinishedKey,
} from './dynamo-erasure-items.ts';
import { imageFrom, statusOf, userPartitions } from './dynamo-image-items.ts';
import { removeInvitations } from './dynamo-invitations.ts';
import { attributes, type Item, integer, isSet, keyOf, text } from './dynamo-items.ts';
import { isUnchanged, memberKey, uncountOwner } from './dynamo-member-items.ts';
import { merged } from './dynamo-merge.ts';
import { backOff } from './dynamo-pauses.ts';
import type { PersonSearch } from './dynamo-person-search.ts';
import {
  AT_ONCE,
  getItem,
  getItems,
  IS_NEW,
  IS_THERE,
  itemsOf,
  putItem,
  updateItem,
  writeBatch,
} from './dynamo-requests.ts';
import { ttlAt } from './dynamo-times.ts';
import { put, remove, type Step, transact, update } from './dynamo-transact.ts';

/**
 * What was let in just before an erasure began has been written after so long, and the index knows of it: until then
 * nobody can tell which images the person has. Milliseconds.
 */
export const SETTLED_MS = 30_000;
const MOST_ROUNDS = 10;
const BATCH = 100;

export interface DynamoErasuresDeps {
  readonly table: DynamoTable;
  readonly clock: Clock;
  readonly search: PersonSearch;
  readonly deadLetters: Pick<DeadLetters, 'dropImage'>;
  /** milliseconds; {@link SETTLED_MS} unless a test writes by one process alone */
  readonly settledMs?: number;
}

/** Something of the person changed since it was looked at. */
class Changed extends Error {}
class Finished extends Error {}

export function createDynamoErasures(deps: DynamoErasuresDeps): Erasures {
  const { table, clock, search, deadLetters, settledMs = SETTLED_MS } = deps;

  async function read(erasureId: string): Promise<Erasure | undefined> {
    const item = canBeKey(erasureId) ? await getItem(table, erasureKey(erasureId)) : undefined;
    return item && erasureFrom(item);
  }

  /** The erasure that goes on, or the new one. @throws Changed */
  async function begin(who: Who, askedBy: string): Promise<Erasure> {
    const found = await getItem(table, erasingKey(who));
    if (found && found.ended_at === undefined) {
      const running = await read(text(found, 'erasure'));
      if (running) return running;
    }
    const member = canBeKey(who.userId) ? await getItem(table, memberKey(who.userId)) : undefined;
    const askedAt = clock.now();
    const erasure = { erasureId: v7({ msecs: askedAt }), ...who, askedBy, askedAt };
    const isFree = {
      expression: 'erasure = :before AND attribute_exists(ended_at)',
      values: attributes({ ':before': found ? text(found, 'erasure') : '-' }),
    };
    const { erasureId } = erasure;
    await transact(table, () => [
      put(
        attributes({ ...erasingKey(who), erasure: erasureId, began_at: askedAt }),
        found ? isFree : IS_NEW,
        (there) => (there?.erasure?.S === erasureId ? undefined : new Changed()),
      ),
      put(erasureItem(erasure)),
      put(attributes({ ...unfinishedKey(erasureId) })),
      ...(member && text(member, 'tenant') === who.tenantId ? memberSteps(who, member) : []),
    ]);
    return erasure;
  }

  /** Until what was let in before is to be found: who searches then and finds some has it erased, and searches again. */
  async function settle(who: Who): Promise<void> {
    const item = await getItem(table, erasingKey(who));
    if (!item || !isErasing(item, clock.now())) return;
    const left = integer(item, 'began_at') + settledMs - clock.now();
    if (left > 0) await sleep(Math.min(left, settledMs));
  }

  return {
    async begin({ tenantId, userId }, askedBy) {
      for (let round = 1; ; round += 1) {
        try {
          return await begin({ tenantId, userId }, askedBy);
        } catch (error) {
          if (!(error instanceof Changed)) throw error;
          await backOff(round, MOST_ROUNDS, error);
        }
      }
    },

    async find(tenantId, erasureId) {
      const erasure = await read(erasureId);
      return erasure?.tenantId === tenantId ? erasure : undefined;
    },

    async unfinished() {
      const marks = await itemsOf(table, { partition: UNFINISHED });
      const items = await getItems(
        table,
        marks.map(({ sk }) => erasureKey(sk?.S ?? '')),
      );
      return items.map(erasureFrom).filter(({ finishedAt }) => finishedAt === undefined);
    },

    imagesOf: (who, limit) => livingImagesOf(table, who, limit),

    async doom(erasureId, images) {
      await inParallel(images, AT_ONCE, async (image) => {
        await putItem(table, doomedItem(erasureId, image), IS_NEW);
      });
    },

    async doomed(erasureId) {
      return (await itemsOf(table, { partition: notes.doomed(erasureId) })).map(doomedFrom);
    },

    async erased({ tenantId }, erasureId, imageId) {
      // Messages hold ids only, and whoever gets one finds the tombstone.
      await deadLetters.dropImage(tenantId, imageId);
      const change = {
        expression: 'SET erased_at = if_not_exists(erased_at, :now)',
        values: attributes({ ':now': clock.now() }),
      };
      await updateItem(table, { pk: notes.doomed(erasureId), sk: imageId }, change, IS_THERE);
    },

    async noteTexts(erasureId, texts) {
      await writeBatch(table, { put: [...new Set(texts)].map((one) => textItem(erasureId, one)) });
    },

    async texts(erasureId) {
      return (await itemsOf(table, { partition: notes.texts(erasureId) })).map((item) => text(item, 'text'));
    },

    async dropTexts(erasureId) {
      const items = await itemsOf(table, { partition: notes.texts(erasureId) });
      await writeBatch(table, { remove: items.map(keyOf) });
    },

    async scrub(who) {
      const erasing = await getItem(table, erasingKey(who));
      const partition = erasing && notes.texts(text(erasing, 'erasure'));
      const noted = partition === undefined ? [] : await itemsOf(table, { partition });
      const addresses = new Set(noted.map((item) => text(item, 'text').toLowerCase()));
      const isMeant = ({ invitedBy, email }: { invitedBy: string; email: string }) =>
        invitedBy === who.userId || addresses.has(email.toLowerCase());
      return { invitations: await removeInvitations(table, who.tenantId, isMeant) };
    },

    async noteDestroyed(erasureId, counts) {
      const counted = Object.entries(counts).filter(([what]) => what.length > 0);
      await inParallel(counted, AT_ONCE, async ([what, count]) => {
        const change = { expression: 'ADD noted :count', values: attributes({ ':count': count }) };
        await updateItem(table, { pk: notes.destroyed(erasureId), sk: what }, change);
      });
    },

    async destroyed(erasureId) {
      const items = await itemsOf(table, { partition: notes.destroyed(erasureId) });
      return Object.fromEntries(items.map((item) => [text(item, 'sk'), integer(item, 'noted')]));
    },

    async search(erasure, texts) {
      await settle(erasure);
      const doomed = await itemsOf(table, { partition: notes.doomed(erasure.erasureId) });
      const images = doomed.map((item) => text(item, 'sk'));
      const living = await livingImagesOf(table, erasure, 1);
      return [
        ...living.map(({ record }) => `image ${record.image_id} is still there`),
        ...(await search(erasure, images, texts)),
      ];
    },

    // There is no log that could still be read here.
    emptyLog: async () => true,

    async finish(erasureId, receipt, act) {
      const erasure = await read(erasureId);
      if (!erasure || erasure.finishedAt !== undefined) return;
      const at = clock.now();
      const change = {
        expression: 'SET finished_at = :at, receipt = :receipt REMOVE fault',
        values: attributes({ ':at': at, ':receipt': JSON.stringify(receipt) }),
      };
      const isOpen = { expression: 'attribute_exists(pk) AND attribute_not_exists(finished_at)' };
      try {
        await appendActs(table, [act], {
          clock,
          alongside: () => [
            update(erasureKey(erasureId), change, isOpen, () => new Finished()),
            remove(unfinishedKey(erasureId)),
            ...endingSteps(erasure, at),
          ],
        });
      } catch (error) {
        if (!(error instanceof Finished)) throw error;
      }
    },

    async fail(erasureId, fault) {
      const change = { expression: 'SET fault = :fault', values: attributes({ ':fault': fault }) };
      await updateItem(table, erasureKey(erasureId), change, IS_THERE);
    },
  };
}

/** Whoever is being erased stays a member for now, and counts no more as an owner that a tenant has. */
function memberSteps({ tenantId, userId }: Who, member: Item): Step[] {
  const change = {
    expression: 'SET erasing = :true, #counts = :false, nonce = :nonce',
    names: { '#counts': 'counts' },
    values: attributes({ ':true': true, ':false': false, ':nonce': randomUUID() }),
  };
  return [
    update(memberKey(userId), change, isUnchanged(member), () => new Changed()),
    ...(isSet(member, 'owns') ? [uncountOwner(tenantId, member)] : []),
  ];
}

/** Latecomers are still kept out for a while. */
function endingSteps(erasure: Erasure, at: number): Step[] {
  const change = {
    expression: 'SET ended_at = :at, #ttl = :ttl',
    names: { '#ttl': 'ttl' },
    values: attributes({ ':at': at, ':ttl': ttlAt(at + 2 * LATECOMERS_MS) }),
  };
  return [update(erasingKey(erasure), change, IS_THERE)];
}

async function livingImagesOf(table: DynamoTable, who: Who, limit: number): Promise<StoredImage[]> {
  const { tenantId, userId } = who;
  const partitions = userPartitions(tenantId, userId);
  const candidates = merged(table, { index: 'user', partitions, likely: Math.min(limit, BATCH) });
  const found: StoredImage[] = [];
  while (found.length < limit) {
    const keys = [];
    while (keys.length < BATCH) {
      const next = await candidates.next();
      if (next.done) break;
      keys.push(keyOf(next.value));
    }
    if (keys.length === 0) break;
    const living = (await getItems(table, keys)).filter((item) => !isGone(statusOf(item))).map(imageFrom);
    found.push(...living.filter(({ record }) => record.tenant_id === tenantId && record.user_id === userId));
  }
  return found.slice(0, limit);
}
