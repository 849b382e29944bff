import type { JWTHeaderParameters, JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose';
import { Failure } from '../failures.ts';
import type { Clock } from '../images/clock.ts';
import { TOKEN_AUDIENCE, TOKEN_TYPE } from './access-tokens.ts';
import { holderFrom } from './claims.ts';
import { createOidcKeys, type OidcSettings } from './oidc.ts';
import type { Principal } from './principal.ts';
import { publicJwk, TOKEN_ALGORITHM, type TokenKeys } from './signing-keys.ts';

/** For whom a JSON web token speaks. @throws Failure `unauthorized`, `identity_provider_unavailable` */
export type VerifyToken = (token: string) => Promise<Principal>;

export interface VerifierOptions {
  readonly keys: TokenKeys;
  readonly clock: Clock;
  /** the issuer of our own tokens: the public URL */
  readonly issuer: () => string;
  readonly oidc?: OidcSettings;
}

/** Asymmetric ones only: a public key that is taken for a shared secret is the oldest trick there is. */
const OIDC_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'];

/** In heads of tokens that want to be checked by a key they bring themselves, or by rules we do not know. */
const FORBIDDEN_HEADERS = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip'];

const KEY_ID = /^[A-Za-z0-9._~+/=:-]{1,128}$/;
/** seconds by which the clock of another issuer may differ */
const CLOCK_TOLERANCE = 30;

/** One verifier for all tokens. Who issued one is read first, and decides by which keys alone it can be good. */
export function createVerifier({ keys, clock, issuer, oidc }: VerifierOptions): VerifyToken {
  const oidcKeys = oidc && createOidcKeys(oidc.issuer);

  const ownKey: JWTVerifyGetKey = async ({ kid }) => {
    const { importJWK } = await import('jose');
    const key = await keys.find(String(kid));
    if (key === undefined) throw refused();
    return importJWK(publicJwk(key), TOKEN_ALGORITHM);
  };

  async function verifyOwn(token: string): Promise<Principal> {
    const { payload } = await check(token, ownKey, {
      algorithms: [TOKEN_ALGORITHM],
      typ: TOKEN_TYPE,
      issuer: issuer(),
      audience: TOKEN_AUDIENCE,
      requiredClaims: ['iat', 'exp', 'sid', 'jti'],
      currentDate: new Date(clock.now()),
    });
    const holder = holderFrom(payload, { tenantClaim: 'tenant', roleClaim: 'role' });
    return { ...holder, via: { kind: 'token', sessionId: String(payload.sid) } };
  }

  async function verifyOidc(token: string, settings: OidcSettings, of: JWTVerifyGetKey): Promise<Principal> {
    const { payload } = await check(token, of, {
      algorithms: OIDC_ALGORITHMS,
      issuer: settings.issuer,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE,
      currentDate: new Date(clock.now()),
    });
    if (!isMeantForUs(payload, settings.audience)) throw refused();
    const holder = holderFrom(payload, settings);
    // Ids of two issuers must never meet.
    return { ...holder, userId: `oidc:${holder.userId}`, via: { kind: 'token' } };
  }

  return async (token) => {
    const { head, claimedIssuer } = await unverified(token);
    if (!isPlausible(head)) throw refused();
    if (claimedIssuer === issuer()) return verifyOwn(token);
    if (oidc && oidcKeys && claimedIssuer === oidc.issuer) return verifyOidc(token, oidc, oidcKeys);
    throw refused();
  };
}

/** Amazon Cognito puts the client into `client_id` of access tokens instead of the audience, and says which kind a token is. */
function isMeantForUs({ aud, client_id: client, token_use: use }: JWTPayload, audience: string): boolean {
  if (use !== undefined && use !== 'access') return false;
  if (aud === undefined) return client === audience;
  return [aud].flat().includes(audience);
}

async function check(token: string, key: JWTVerifyGetKey, options: JWTVerifyOptions) {
  const { jwtVerify } = await import('jose');
  try {
    return await jwtVerify(token, key, options);
  } catch (error) {
    throw error instanceof Failure ? error : refused(error);
  }
}

async function unverified(token: string): Promise<{ head: JWTHeaderParameters; claimedIssuer: unknown }> {
  const { decodeJwt, decodeProtectedHeader } = await import('jose');
  try {
    return { head: decodeProtectedHeader(token) as JWTHeaderParameters, claimedIssuer: decodeJwt(token).iss };
  } catch (error) {
    throw refused(error);
  }
}

function isPlausible(head: JWTHeaderParameters): boolean {
  if (FORBIDDEN_HEADERS.some((name) => Object.hasOwn(head, name))) return false;
  return typeof head.kid === 'string' && KEY_ID.test(head.kid) && !head.kid.includes('..');
}

/** One sentence for all that can be wrong with a token: who forges one learns nothing. */
function refused(cause?: unknown): Failure {
  return new Failure(
    'unauthorized',
    'This token is not valid, or not any more. Sign in again, or refresh it.',
    cause === undefined ? {} : { cause },
  );
}
