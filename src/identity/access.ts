import { Failure } from '../failures.ts';
import { type Permission, permissions, type Reach, type Role, reachOf } from './permissions.ts';
import type { Principal } from './principal.ts';

/** What somebody may do: a role, and at most these permissions of it. */
export interface Grant {
  readonly role: Role;
  readonly scopes?: readonly Permission[];
}

/** How far a permission reaches for whoever asks. @throws Failure `forbidden` where it is not given */
export function requirePermission(principal: Principal, permission: Permission): Reach {
  const reach = reachOf(principal, permission);
  if (reach !== undefined) return reach;
  throw refusal(principal, permission, reasonOf(principal, permission));
}

/**
 * For a permission that reaches only over one's own.
 *
 * @param ownerId of what is to be changed, which whoever asks may see
 * @throws Failure `forbidden`
 */
export function requireOwn(principal: Principal, permission: Permission, ownerId: string): void {
  if (principal.userId === ownerId) return;
  const reason = `as ${article(principal.role)} you have ${permission} for your own images only`;
  throw refusal(principal, permission, reason);
}

/** Nobody gives what he does not have. @throws Failure `forbidden` naming the first permission that is too much */
export function requireGrant(principal: Principal, given: Grant): void {
  const [permission] = exceeding(principal, given);
  if (permission === undefined) return;
  throw refusal(principal, permission, `you cannot give ${permission}, which you do not have to that extent`);
}

/** The permissions that a grant gives and somebody has not, or not as far. */
export function exceeding(somebody: Grant, given: Grant): Permission[] {
  return permissions.filter((permission) => {
    const wanted = reachOf(given, permission);
    const had = reachOf(somebody, permission);
    return wanted !== undefined && had !== 'any' && had !== wanted;
  });
}

/** What a grant allows, outright. */
export function permissionsOf(grant: Grant): Permission[] {
  return permissions.filter((permission) => reachOf(grant, permission) !== undefined);
}

function reasonOf({ role, scopes, via }: Principal, permission: Permission): string {
  const byRole = reachOf({ role }, permission) !== undefined;
  if (byRole && scopes && via.kind === 'key') return `this API key does not have the scope ${permission}`;
  return `this takes ${permission}, which ${article(role)} does not have`;
}

function refusal({ role }: Principal, permission: Permission, reason: string): Failure {
  return new Failure('forbidden', `Not allowed: ${reason}. Ask an owner of the tenant.`, {
    extra: { permission, role },
  });
}

function article(role: Role): string {
  return role === 'viewer' ? 'a viewer' : `an ${role}`;
}
