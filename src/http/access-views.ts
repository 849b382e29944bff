import type { z } from '@hono/zod-openapi';
import type { ApiKey } from '../identity/api-keys.ts';
import type { Invitation } from '../identity/invitations.ts';
import { shownKey } from '../identity/key-format.ts';
import type { Member } from '../identity/members.ts';
import { isoTime } from '../images/clock.ts';
import type { ApiKeyView, InvitationView, UserView } from './access-schemas.ts';

export function keyView(key: ApiKey): z.infer<typeof ApiKeyView> {
  return {
    id: key.keyId,
    prefix: shownKey(key.keyId),
    name: key.name,
    user_id: key.userId,
    role: key.role,
    scopes: key.scopes ? [...key.scopes] : null,
    created_at: isoTime(key.createdAt),
    expires_at: timeOrNull(key.expiresAt),
    last_used_at: timeOrNull(key.lastUsedAt),
  };
}

export function userView(member: Member): z.infer<typeof UserView> {
  return {
    user_id: member.userId,
    email: member.email ?? null,
    role: member.role,
    status: member.status,
    joined_at: isoTime(member.joinedAt),
    last_seen_at: timeOrNull(member.lastSeenAt),
  };
}

export function invitationView(invitation: Invitation): z.infer<typeof InvitationView> {
  return {
    id: invitation.invitationId,
    email: invitation.email,
    role: invitation.role,
    invited_by: invitation.invitedBy,
    created_at: isoTime(invitation.createdAt),
    expires_at: isoTime(invitation.expiresAt),
  };
}

function timeOrNull(at: number | undefined): string | null {
  return at === undefined ? null : isoTime(at);
}
