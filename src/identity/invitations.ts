import { createHash } from 'node:crypto';
import type { Role } from './permissions.ts';

/**
 * Invitations into a tenant as they are kept. The token is in the mail only; here is its hash. One rests while whoever
 * has sent it is suspended, or is no owner: nobody gives what he does not have.
 */
export interface Invitations {
  /** Takes the place of an earlier one of the tenant to the same address. */
  add(invitation: NewInvitation): Promise<Invitation>;

  /** Those of a tenant that can still be accepted, newest first. */
  list(tenantId: string): Promise<Invitation[]>;

  /** @throws Failure `invitation_not_found` where the tenant has none with this id that can still be accepted */
  revoke(tenantId: string, invitationId: string): Promise<void>;

  /**
   * What a token invites to, without using it up: to show it, and to check the address before an account is made.
   * @throws Failure `invitation_not_found`, the same for one that is unknown, used, revoked or too old
   */
  read(token: string): Promise<Accepted>;

  /**
   * Uses a token up and joins the person to the tenant, both or neither. Of two who come at once with the same token
   * one gets in.
   * @throws Failure `invitation_not_found`, `already_member`
   */
  accept(token: string, person: { readonly userId: string }): Promise<Accepted>;
}

/** What an invitation gives. */
export interface Accepted {
  readonly tenantId: string;
  readonly role: Role;
  /** the address that it was sent to, in lower case: whoever has the token has read mail there */
  readonly email: string;
}

export interface Invitation extends Accepted {
  readonly invitationId: string;
  readonly invitedBy: string;
  /** milliseconds */
  readonly createdAt: number;
  /** milliseconds */
  readonly expiresAt: number;
}

export interface NewInvitation extends Accepted {
  readonly invitedBy: string;
  /** lower-case hex SHA-256 of the token */
  readonly tokenHash: string;
  /** milliseconds */
  readonly expiresAt: number;
}

/** milliseconds that an invitation is good for */
export const INVITATION_LIFE_MS = 7 * 24 * 3_600_000;

/** All that is kept of a token, which is 256 random bits: lower-case hex SHA-256. */
export function invitationHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
