import { randomBytes } from 'node:crypto';
import type { Identity } from '../identity/identity.ts';
import { hashKey, makeKey } from '../identity/key-format.ts';
import type { Secrets } from '../platform/platform.ts';

/** The key from the settings, else the one made at the first start: only its hash is kept. */
export async function ownerKey(
  secrets: Secrets,
  given: string | undefined,
): Promise<{ hash: string; made?: string }> {
  if (given !== undefined) return { hash: hashKey(given) };
  const { key, hash } = makeKey();
  const { value, created } = await secrets.getOrCreate('owner-key-hash', () => hash);
  return { hash: value, ...(created && { made: key }) };
}

/** What signs links to originals and uploads. */
export async function signingKey(secrets: Secrets): Promise<{ id: string; secret: string }> {
  const { value } = await secrets.getOrCreate('signing-key-1', () => randomBytes(32).toString('base64url'));
  return { id: '1', secret: value };
}

/** At the first start only: a later one would leave a way in, in a log that nobody reads. */
export async function firstOwnerToken(
  secrets: Secrets,
  identity: Pick<Identity, 'newOwnerToken'>,
): Promise<string | undefined> {
  const { created } = await secrets.getOrCreate('owner-link', () => 'shown');
  return created ? identity.newOwnerToken() : undefined;
}
