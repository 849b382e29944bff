import { Failure } from '../failures.ts';
import type { Clock } from '../images/clock.ts';
import { requireGrant } from './access.ts';
import type { ApiKey, ApiKeys } from './api-keys.ts';
import { makeKey } from './key-format.ts';
import { type Permission, type Role, reachOf } from './permissions.ts';
import type { Principal } from './principal.ts';

export interface KeyOrder {
  readonly name: string;
  readonly role: Role;
  readonly scopes?: readonly Permission[];
  /** milliseconds from now */
  readonly expiresInMs?: number;
}

/** Keys that one tenant may have: a list of more helps nobody to find the one that leaked. */
const MOST_KEYS = 500;

/**
 * Makes an API key that acts for whoever asks.
 *
 * @returns the key itself, which nobody can show again
 * @throws Failure `forbidden` where it would allow more than its maker may do, `invalid_request` for a scope that the
 *   role does not have, `too_many_keys`
 */
export async function issueKey(
  { apiKeys, clock }: { readonly apiKeys: ApiKeys; readonly clock: Clock },
  principal: Principal,
  { name, role, scopes, expiresInMs }: KeyOrder,
): Promise<{ key: string; stored: ApiKey }> {
  const grant = { role, ...(scopes && { scopes }) };
  requireScopesOf(role, scopes);
  requireGrant(principal, grant);
  const { tenantId, userId } = principal;
  if ((await apiKeys.list(tenantId)).length >= MOST_KEYS) {
    throw new Failure('too_many_keys', `There are ${MOST_KEYS} API keys, which is the most. Revoke some.`);
  }
  const { key, keyId, hash } = makeKey();
  const expires = expiresInMs === undefined ? {} : { expiresAt: clock.now() + expiresInMs };
  return { key, stored: await apiKeys.add({ keyId, hash, tenantId, userId, name, ...grant, ...expires }) };
}

/** A scope that the role does not have would look like a permission and be none. */
function requireScopesOf(role: Role, scopes: readonly Permission[] = []): void {
  const foreign = scopes.find((scope) => reachOf({ role }, scope) === undefined);
  if (foreign === undefined) return;
  const message = `${foreign} is no permission of the role ${role}; leave it out or take another role`;
  throw new Failure('invalid_request', `scopes: ${message}.`, {
    extra: { errors: [{ path: 'scopes', message }] },
  });
}
