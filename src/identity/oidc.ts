import type { JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { Failure } from '../failures.ts';

/** Another service that people sign in at: its tokens are taken as ours are. */
export interface OidcSettings {
  /** exactly as in its tokens, `https://login.example.com/realms/photos` */
  readonly issuer: string;
  /** what its tokens must be made for */
  readonly audience: string;
  /** where the tenant is found in a token: the name of a claim, or a JSON pointer such as /realm_access/roles */
  readonly tenantClaim: string;
  /** where the role is found; a list may hold others beside it */
  readonly roleClaim: string;
}

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });

/** milliseconds */
const TIMEOUT_MS = 5_000;
const DISCOVERY_LIFE_MS = 60 * 60_000;
/** between two looks at an issuer that does not answer: callers meanwhile are told so at once */
const RETRY_MS = 5_000;
const LARGEST_DOCUMENT = 256 * 1024;

/** Finds the keys of an issuer by OpenID Connect Discovery; both documents are kept and looked at again in time. */
export function createOidcKeys(issuer: string): JWTVerifyGetKey {
  let known: { keys: Promise<JWTVerifyGetKey>; until: number } | undefined;

  async function discover(): Promise<JWTVerifyGetKey> {
    const { createRemoteJWKSet } = await import('jose');
    const response = await fetch(`${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`, {
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`the discovery document answered ${response.status}`);
    const text = await response.text();
    if (text.length > LARGEST_DOCUMENT) throw new Error('the discovery document is too large');
    const { issuer: said, jwks_uri: place } = Discovery.parse(JSON.parse(text));
    if (said !== issuer) throw new Error('the discovery document is of another issuer');
    if (!isSafe(place)) throw new Error('the keys are not at an https:// address');
    return createRemoteJWKSet(new URL(place), { timeoutDuration: TIMEOUT_MS, cooldownDuration: RETRY_MS });
  }

  return async (header, token) => {
    if (known === undefined || known.until <= performance.now()) {
      const entry = { keys: discover(), until: performance.now() + DISCOVERY_LIFE_MS };
      known = entry;
      entry.keys.catch(() => {
        entry.until = performance.now() + RETRY_MS;
      });
    }
    const keys = await known.keys.catch(unavailable);
    const { errors } = await import('jose');
    try {
      return await keys(header, token);
    } catch (error) {
      const isUnknownKey =
        error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
      if (isUnknownKey) throw error;
      return unavailable(error);
    }
  };
}

function unavailable(cause: unknown): never {
  throw new Failure(
    'identity_provider_unavailable',
    'The service that issued this token does not say by which keys to check it. Try again soon.',
    { cause },
  );
}

/** https://, or http:// on this very machine. */
function isSafe(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}
