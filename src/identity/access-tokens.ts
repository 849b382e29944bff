import { randomUUID } from 'node:crypto';
import type { CryptoKey } from 'jose';
import type { Clock } from '../images/clock.ts';
import type { Role } from './permissions.ts';
import { TOKEN_ALGORITHM, type TokenKeys } from './signing-keys.ts';

/** milliseconds */
export const ACCESS_TOKEN_LIFE_MS = 10 * 60_000;
export const TOKEN_AUDIENCE = 'darkroom';
/** in the head of our tokens (RFC 9068), so that no other kind of token can stand in for one */
export const TOKEN_TYPE = 'at+jwt';

export interface AccessTokenClaims {
  readonly userId: string;
  readonly tenantId: string;
  readonly role: Role;
  readonly sessionId: string;
}

/** Signs access tokens. */
export type MintAccessToken = (claims: AccessTokenClaims) => Promise<string>;

export function createMint(options: {
  readonly keys: TokenKeys;
  readonly clock: Clock;
  /** the issuer: the public URL */
  readonly issuer: () => string;
}): MintAccessToken {
  const { keys, clock, issuer } = options;
  let imported: { kid: string; key: CryptoKey | Uint8Array } | undefined;

  return async ({ userId, tenantId, role, sessionId }) => {
    const { importJWK, SignJWT } = await import('jose');
    const { kid, privateJwk } = await keys.current();
    if (imported?.kid !== kid) imported = { kid, key: await importJWK(privateJwk, TOKEN_ALGORITHM) };
    const now = Math.floor(clock.now() / 1000);
    return new SignJWT({ tenant: tenantId, role, sid: sessionId })
      .setProtectedHeader({ alg: TOKEN_ALGORITHM, kid, typ: TOKEN_TYPE })
      .setIssuer(issuer())
      .setAudience(TOKEN_AUDIENCE)
      .setSubject(userId)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + ACCESS_TOKEN_LIFE_MS / 1000)
      .sign(imported.key);
  };
}
