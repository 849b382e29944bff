import { z } from 'zod';
import { Failure } from '../../failures.ts';
import { type Member, memberStatuses, type NewMember } from '../../identity/members.ts';
import { roles } from '../../identity/permissions.ts';
import {
  attributes,
  type Item,
  isSet,
  type Key,
  optionalInteger,
  optionalText,
  text,
} from './dynamo-items.ts';
import { type Condition, IS_NEW } from './dynamo-requests.ts';
import { placeOf } from './dynamo-times.ts';
import { check, put, type Step, update } from './dynamo-transact.ts';

/**
 * A person is an item `member#{person}`, a mark among those of the tenant, and one of the owners that its tenant counts,
 * where it is an active owner and stays one: whoever is being erased counts no more.
 */
const Body = z.object({
  tenantId: z.string(),
  userId: z.string(),
  email: z.string().exactOptional(),
  role: z.enum(roles),
  status: z.enum(memberStatuses),
  joinedAt: z.int(),
});

export function memberKey(userId: string): Key {
  return { pk: `member#${userId}`, sk: 'member' };
}

export const memberMarks = (tenantId: string) => `members#${tenantId}`;

export function memberMarkKey({ tenantId, userId, joinedAt }: Member): Key {
  return { pk: memberMarks(tenantId), sk: placeOf(joinedAt, userId) };
}

/** @param nonce of this write, to know its traces by */
export function memberItem(member: Member, { nonce, counts }: { nonce: string; counts: boolean }): Item {
  const { lastSeenAt, ...body } = member;
  return attributes({
    ...memberKey(member.userId),
    ...{ tenant: member.tenantId, body: JSON.stringify(body), seen_at: lastSeenAt },
    ...{ owns: isOwner(member), counts, nonce },
  });
}

export function memberFrom(item: Item): Member {
  const lastSeenAt = optionalInteger(item, 'seen_at');
  const member = Body.parse(JSON.parse(text(item, 'body')));
  return { ...member, ...(lastSeenAt !== undefined && { lastSeenAt }) };
}

/** The member is as it was read. */
export function isUnchanged(item: Item): Condition {
  return { expression: 'nonce = :read', values: attributes({ ':read': text(item, 'nonce') }) };
}

export function wasWrittenWith(nonce: string, item: Item | undefined): boolean {
  return item !== undefined && optionalText(item, 'nonce') === nonce;
}

export function isOwner({ role, status }: Pick<Member, 'role' | 'status'>): boolean {
  return role === 'owner' && status === 'active';
}

/**
 * Nobody may invite any more who is known as no active owner of the tenant. The owner by the API key of the installation
 * is no member.
 */
export function mayInvite(tenantId: string, inviter: Item | undefined): boolean {
  return inviter === undefined || (text(inviter, 'tenant') === tenantId && isSet(inviter, 'owns'));
}

/** The same as a condition of the inviter's item. */
export function stillMayInvite(tenantId: string): Condition {
  return {
    expression: 'attribute_not_exists(pk) OR (tenant = :tenant AND owns = :true)',
    values: attributes({ ':tenant': tenantId, ':true': true }),
  };
}

/** The steps by which somebody becomes a member. They throw Failure `already_member`. */
export function joining(person: NewMember, now: number, nonce: string): { member: Member; steps: Step[] } {
  const member = { ...person, status: 'active', joinedAt: now } as const;
  const counts = isOwner(member);
  return {
    member,
    steps: [
      put(memberItem(member, { nonce, counts }), IS_NEW, (found) =>
        wasWrittenWith(nonce, found) ? undefined : alreadyMember(),
      ),
      put(attributes({ ...memberMarkKey(member), user: member.userId })),
      ...(counts ? [countOwner(member.tenantId)] : []),
    ],
  };
}

/** One more owner. */
export function countOwner(tenantId: string): Step {
  return update(ownersKey(tenantId), { expression: 'ADD owners :one', values: ONE });
}

/** One owner less; another one is left. The step throws Failure `last_owner`. */
export function uncountOwner(tenantId: string, item: Item): Step {
  const key = ownersKey(tenantId);
  if (!isSet(item, 'counts')) {
    return check(key, { expression: 'owners >= :one', values: ONE }, lastOwner);
  }
  return update(
    key,
    { expression: 'SET owners = owners - :one', values: ONE },
    { expression: 'owners > :one' },
    lastOwner,
  );
}

const ONE = attributes({ ':one': 1 });

function ownersKey(tenantId: string): Key {
  return { pk: `owners#${tenantId}`, sk: 'owners' };
}

function lastOwner(): Failure {
  return new Failure('last_owner', 'This is the only owner. Make somebody else an owner first.');
}

function alreadyMember(): Failure {
  return new Failure(
    'already_member',
    'This person belongs to a tenant already. A person belongs to one at a time: use another account.',
  );
}
