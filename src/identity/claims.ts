import { Failure } from '../failures.ts';
import { type Role, roles } from './permissions.ts';

/** What a token says of its holder, whoever issued it. */
export interface TokenHolder {
  readonly tenantId: string;
  readonly userId: string;
  readonly role: Role;
}

const TENANT_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const SUBJECT = /^[\x21-\x7e]{1,200}$/;

/**
 * Reads the holder of a token whose signature has been checked.
 *
 * @throws Failure `unauthorized` that names the claim
 */
export function holderFrom(
  payload: Readonly<Record<string, unknown>>,
  where: { readonly tenantClaim: string; readonly roleClaim: string },
): TokenHolder {
  const tenantId = claimAt(payload, where.tenantClaim);
  if (typeof tenantId !== 'string' || !TENANT_ID.test(tenantId)) throw missing(where.tenantClaim, 'tenant');
  const given = [claimAt(payload, where.roleClaim)].flat();
  const role = roles.find((known) => given.includes(known));
  if (role === undefined) throw missing(where.roleClaim, 'role');
  const { sub } = payload;
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) throw missing('sub', 'person');
  return { tenantId, role, userId: sub };
}

/** A claim by its name; by a JSON pointer where that begins with a slash. */
function claimAt(payload: Readonly<Record<string, unknown>>, place: string): unknown {
  if (!place.startsWith('/')) return own(payload, place);
  const steps = place.slice(1).split('/');
  return steps.reduce<unknown>(
    (value, step) => own(value, step.replaceAll('~1', '/').replaceAll('~0', '~')),
    payload,
  );
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function missing(claim: string, what: string): Failure {
  return new Failure(
    'unauthorized',
    `The token is genuine, but its claim ${JSON.stringify(claim)} names no ${what} that there can be here.`,
  );
}
