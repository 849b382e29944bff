import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import { Failure } from '../../failures.ts';
import type { Member, Members, NewMember } from '../../identity/members.ts';
import type { Clock } from '../../images/clock.ts';
import { canBeKey } from './dynamo-asked.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, type Item, isSet, text } from './dynamo-items.ts';
import {
  countOwner,
  isOwner,
  isUnchanged,
  joining,
  memberFrom,
  memberItem,
  memberKey,
  memberMarkKey,
  memberMarks,
  uncountOwner,
  wasWrittenWith,
} from './dynamo-member-items.ts';
import { backOff } from './dynamo-pauses.ts';
import { getItem, getItems, itemsOf, updateItem } from './dynamo-requests.ts';
import { put, remove, type Step, transact } from './dynamo-transact.ts';

/** How exact `lastSeenAt` is, milliseconds. */
const SEEN_EVERY_MS = 60_000;
/** People that this process remembers to have seen. */
const MOST_REMEMBERED = 10_000;
const MOST_ROUNDS = 10;

/** Somebody changed the member since it was read. */
class MemberChanged extends Error {}

export function createDynamoMembers(table: DynamoTable, clock: Clock): Members {
  const seenAt = new Map<string, number>();

  const read = async (userId: string): Promise<Item | undefined> =>
    canBeKey(userId) ? getItem(table, memberKey(userId)) : undefined;

  async function find(userId: string): Promise<Member | undefined> {
    const item = await read(userId);
    return item && memberFrom(item);
  }

  async function join(person: NewMember): Promise<Member> {
    const { member, steps } = joining(person, clock.now(), randomUUID());
    await transact(table, () => steps);
    return member;
  }

  /** Does something to a member as it is, again where it was changed meanwhile. */
  async function onMember<T>(
    tenantId: string,
    userId: string,
    work: (before: Member, item: Item) => Promise<T>,
  ): Promise<T> {
    for (let round = 1; ; round += 1) {
      const item = await read(userId);
      const before = item && memberFrom(item);
      if (!before || before.tenantId !== tenantId) {
        throw new Failure('user_not_found', `There is no person ${userId.slice(0, 64)} here.`);
      }
      try {
        return await work(before, item);
      } catch (error) {
        if (!(error instanceof MemberChanged)) throw error;
        await backOff(round, MOST_ROUNDS, error);
      }
    }
  }

  return {
    find,
    join,

    async roleOf(userId) {
      const member = await find(userId);
      if (member?.status !== 'active') return undefined;
      const { tenantId, role } = member;
      return { tenantId, role };
    },

    createTenant: (person) => join({ ...person, tenantId: v7({ msecs: clock.now() }), role: 'owner' }),

    async list(tenantId) {
      const marks = await itemsOf(table, { partition: memberMarks(tenantId) });
      const items = await getItems(
        table,
        marks.map((mark) => memberKey(text(mark, 'user'))),
      );
      return items.map(memberFrom).filter((member) => member.tenantId === tenantId);
    },

    change: (tenantId, userId, to) =>
      onMember(tenantId, userId, async (before, item) => {
        const after = { ...before, ...to };
        const nonce = randomUUID();
        const isErased = isSet(item, 'erasing');
        const next = {
          ...memberItem(after, { nonce, counts: isOwner(after) && !isErased }),
          ...(isErased && attributes({ erasing: true })),
        };
        await transact(table, () => [
          put(next, isUnchanged(item), (found) =>
            wasWrittenWith(nonce, found) ? undefined : new MemberChanged(),
          ),
          ...ownerSteps(before, after, item),
        ]);
        return after;
      }),

    remove: (tenantId, userId) =>
      onMember(tenantId, userId, async (before, item) => {
        let round = 0;
        await transact(table, () => {
          round += 1;
          return [
            // On a later try it may have been the one before that got through without an answer.
            remove(memberKey(userId), isUnchanged(item), (found) =>
              found === undefined && round > 1 ? undefined : new MemberChanged(),
            ),
            remove(memberMarkKey(before)),
            ...ownerSteps(before, undefined, item),
          ];
        });
      }),

    async seen(userId) {
      const now = clock.now();
      if (!canBeKey(userId) || now - (seenAt.get(userId) ?? 0) < SEEN_EVERY_MS) return;
      if (seenAt.size >= MOST_REMEMBERED) seenAt.clear();
      seenAt.set(userId, now);
      const change = { expression: 'SET seen_at = :now', values: attributes({ ':now': now }) };
      await updateItem(table, memberKey(userId), change, {
        expression: 'attribute_exists(pk) AND (attribute_not_exists(seen_at) OR seen_at <= :before)',
        values: attributes({ ':before': now - SEEN_EVERY_MS }),
      });
    },
  };
}

/** What the count of owners makes of a change; `after` is undefined for somebody who leaves. */
function ownerSteps(before: Member, after: Member | undefined, item: Item): Step[] {
  const stays = after !== undefined && isOwner(after);
  if (isOwner(before)) return stays ? [] : [uncountOwner(before.tenantId, item)];
  return stays && !isSet(item, 'erasing') ? [countOwner(before.tenantId)] : [];
}
