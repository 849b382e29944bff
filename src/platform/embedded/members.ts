import { v7 } from 'uuid';
import { Failure } from '../../failures.ts';
import { type Member, type Members, memberStatuses, type NewMember } from '../../identity/members.ts';
import { roles } from '../../identity/permissions.ts';
import type { Clock } from '../../images/clock.ts';
import { integer, oneOf, optionalInteger, optionalText, text } from './columns.ts';
import type { Database, Row } from './database.ts';
import { assertOwnerStays } from './owners.ts';

/** How exact `lastSeenAt` is, milliseconds. */
const SEEN_EVERY_MS = 60_000;

export function createMembers(database: Database, clock: Clock): Members {
  const find = (userId: string) => {
    const row = database.get('SELECT * FROM members WHERE user_id = ?', userId);
    return row === undefined ? undefined : memberFrom(row);
  };

  function findIn(tenantId: string, userId: string): Member {
    const member = find(userId);
    if (member?.tenantId === tenantId) return member;
    throw new Failure('user_not_found', `There is no person ${userId.slice(0, 64)} here.`);
  }

  return {
    find: async (userId) => find(userId),

    async roleOf(userId) {
      const member = find(userId);
      if (member?.status !== 'active') return undefined;
      const { tenantId, role } = member;
      return { tenantId, role };
    },

    join: async (person) => database.write(() => insertMember(database, person, clock.now())),

    createTenant: async (person) =>
      database.write(() => {
        const now = clock.now();
        return insertMember(database, { ...person, tenantId: v7({ msecs: now }), role: 'owner' }, now);
      }),

    list: async (tenantId) =>
      database
        .all('SELECT * FROM members WHERE tenant_id = ? ORDER BY joined_at, user_id', tenantId)
        .map(memberFrom),

    change: async (tenantId, userId, to) =>
      database.write(() => {
        const before = findIn(tenantId, userId);
        const after = { ...before, ...to };
        if (!isOwner(after)) assertOwnerStays(database, tenantId, userId);
        database.run(
          'UPDATE members SET role = ?, status = ? WHERE user_id = ?',
          after.role,
          after.status,
          userId,
        );
        return after;
      }),

    remove: async (tenantId, userId) =>
      database.write(() => {
        findIn(tenantId, userId);
        assertOwnerStays(database, tenantId, userId);
        database.run('DELETE FROM members WHERE user_id = ?', userId);
      }),

    async seen(userId) {
      const now = clock.now();
      const row = database.get('SELECT last_seen_at FROM members WHERE user_id = ?', userId);
      if (row === undefined || now - (optionalInteger(row, 'last_seen_at') ?? 0) < SEEN_EVERY_MS) return;
      database.unhurried(() =>
        database.run('UPDATE members SET last_seen_at = ? WHERE user_id = ?', now, userId),
      );
    },
  };
}

/** Inside a transaction. @throws Failure `already_member` */
export function insertMember(database: Database, person: NewMember, now: number): Member {
  const { tenantId, userId, email, role } = person;
  const inserted = database.run(
    `INSERT INTO members (user_id, tenant_id, email, role, status, joined_at) VALUES (?, ?, ?, ?, 'active', ?)
     ON CONFLICT DO NOTHING`,
    userId,
    tenantId,
    email ?? null,
    role,
    now,
  );
  if (inserted === 0) {
    throw new Failure(
      'already_member',
      'This person belongs to a tenant already. A person belongs to one at a time: use another account.',
    );
  }
  return { ...person, status: 'active', joinedAt: now };
}

function isOwner({ role, status }: Pick<Member, 'role' | 'status'>): boolean {
  return role === 'owner' && status === 'active';
}

function memberFrom(row: Row): Member {
  const email = optionalText(row, 'email');
  const lastSeenAt = optionalInteger(row, 'last_seen_at');
  return {
    tenantId: text(row, 'tenant_id'),
    userId: text(row, 'user_id'),
    ...(email !== undefined && { email }),
    role: oneOf(roles, row, 'role'),
    status: oneOf(memberStatuses, row, 'status'),
    joinedAt: integer(row, 'joined_at'),
    ...(lastSeenAt !== undefined && { lastSeenAt }),
  };
}
