import { v7 } from 'uuid';
import { Failure } from '../../failures.ts';
import {
  type Accepted,
  type Invitation,
  type Invitations,
  invitationHash,
} from '../../identity/invitations.ts';
import { roles } from '../../identity/permissions.ts';
import type { Clock } from '../../images/clock.ts';
import { integer, oneOf, text } from './columns.ts';
import type { Database, Row } from './database.ts';
import { insertMember } from './members.ts';

/**
 * Not too old, and whoever has sent it is not known as somebody who may not invite any more. The owner by the API key of
 * the installation is no member.
 */
const STANDS = `expires_at > ? AND NOT EXISTS (
  SELECT 1 FROM members m WHERE m.user_id = invitations.invited_by
     AND (m.tenant_id <> invitations.tenant_id OR m.role <> 'owner' OR m.status <> 'active'))`;

/** What is accepted, revoked or too old is deleted: an address is not kept longer than it is needed. */
export function createInvitations(database: Database, clock: Clock): Invitations {
  function read(token: string): Invitation {
    const row = database.get(
      `SELECT * FROM invitations WHERE token_hash = ? AND ${STANDS}`,
      invitationHash(token),
      clock.now(),
    );
    if (row !== undefined) return invitationFrom(row);
    throw new Failure(
      'invitation_not_found',
      'This invitation is not known, was used already or is too old. Ask for another one.',
    );
  }

  return {
    add: async (invitation) =>
      database.write(() => {
        const { tokenHash, ...rest } = invitation;
        const now = clock.now();
        const invitationId = v7({ msecs: now });
        database.run('DELETE FROM invitations WHERE expires_at <= ?', now);
        database.run('DELETE FROM invitations WHERE tenant_id = ? AND email = ?', rest.tenantId, rest.email);
        database.run(
          'INSERT INTO invitations VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
          invitationId,
          rest.tenantId,
          tokenHash,
          rest.email,
          rest.role,
          rest.invitedBy,
          now,
          rest.expiresAt,
        );
        return { ...rest, invitationId, createdAt: now };
      }),

    list: async (tenantId) =>
      database
        .all(
          `SELECT * FROM invitations WHERE tenant_id = ? AND ${STANDS} ORDER BY invitation_id DESC`,
          tenantId,
          clock.now(),
        )
        .map(invitationFrom),

    async revoke(tenantId, invitationId) {
      const gone = database.run(
        'DELETE FROM invitations WHERE tenant_id = ? AND invitation_id = ? AND expires_at > ?',
        tenantId,
        invitationId,
        clock.now(),
      );
      if (gone > 0) return;
      throw new Failure(
        'invitation_not_found',
        `There is no invitation ${invitationId.slice(0, 64)} that could still be accepted.`,
      );
    },

    read: async (token) => accepted(read(token)),

    accept: async (token, { userId }) =>
      database.write(() => {
        const invitation = read(token);
        const { tenantId, role, email } = invitation;
        insertMember(database, { tenantId, userId, email, role }, clock.now());
        database.run('DELETE FROM invitations WHERE invitation_id = ?', invitation.invitationId);
        return accepted(invitation);
      }),
  };
}

function accepted({ tenantId, role, email }: Invitation): Accepted {
  return { tenantId, role, email };
}

function invitationFrom(row: Row): Invitation {
  return {
    invitationId: text(row, 'invitation_id'),
    tenantId: text(row, 'tenant_id'),
    email: text(row, 'email'),
    role: oneOf(roles, row, 'role'),
    invitedBy: text(row, 'invited_by'),
    createdAt: integer(row, 'created_at'),
    expiresAt: integer(row, 'expires_at'),
  };
}
