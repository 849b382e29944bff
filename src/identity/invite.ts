import { randomBytes } from 'node:crypto';
import { Failure } from '../failures.ts';
import type { Clock } from '../images/clock.ts';
import { requireGrant } from './access.ts';
import { INVITATION_LIFE_MS, type Invitation, type Invitations, invitationHash } from './invitations.ts';
import type { Role } from './permissions.ts';
import type { Principal } from './principal.ts';

export interface InviteDeps {
  readonly invitations: Invitations;
  readonly clock: Clock;
  readonly sendInvitation: SendInvitation;
}

/** Sends the mail of an invitation, or sees to it that it is sent. The token is in it and nowhere else. */
export type SendInvitation = (mail: {
  readonly to: string;
  readonly role: Role;
  readonly token: string;
}) => Promise<void>;

/** Invitations of one tenant that are open at once: nobody sends mail to the world from here. */
const MOST_OPEN = 500;

/**
 * Invites an address into the tenant of whoever asks.
 *
 * @throws Failure `forbidden` for a role that allows more than whoever asks may do, `too_many_invitations`
 */
export async function invite(
  { invitations, clock, sendInvitation }: InviteDeps,
  principal: Principal,
  { email, role }: { readonly email: string; readonly role: Role },
): Promise<Invitation> {
  requireGrant(principal, { role });
  const { tenantId, userId } = principal;
  if ((await invitations.list(tenantId)).length >= MOST_OPEN) {
    throw new Failure(
      'too_many_invitations',
      `${MOST_OPEN} invitations are open, which is the most. Take some back, or wait for answers.`,
    );
  }
  const token = randomBytes(32).toString('base64url');
  const invitation = await invitations.add({
    tenantId,
    email,
    role,
    invitedBy: userId,
    tokenHash: invitationHash(token),
    expiresAt: clock.now() + INVITATION_LIFE_MS,
  });
  await sendInvitation({ to: email, role, token });
  return invitation;
}
