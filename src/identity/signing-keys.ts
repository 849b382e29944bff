import type { JWK } from 'jose';
import type { Clock } from '../images/clock.ts';

/** A key that access tokens are signed with, as it is kept. */
export interface TokenKey {
  readonly kid: string;
  readonly privateJwk: JWK;
  /** milliseconds */
  readonly createdAt: number;
}

export interface TokenKeyStore {
  /** All that are kept, oldest first. */
  list(): Promise<TokenKey[]>;
  /** Keeps `key` unless somebody has kept a newer one than `after`; answers all that are kept then. */
  add(key: TokenKey, after: number): Promise<TokenKey[]>;
  /** Forgets keys that were made before. */
  removeBefore(createdAt: number): Promise<void>;
}

export const TOKEN_ALGORITHM = 'ES256';

/** milliseconds for which a new key is published before it signs: others keep our key set for as long */
export const PUBLISHED_AHEAD_MS = 10 * 60_000;

export interface TokenKeys {
  /** The key to sign with now. */
  current(): Promise<TokenKey>;
  /** By the id in the head of a token; undefined for any that we did not make or have retired. */
  find(kid: string): Promise<TokenKey | undefined>;
  /** What others need to check our tokens: public parts only. */
  publicKeys(): Promise<{ keys: JWK[] }>;
}

export interface TokenKeysOptions {
  readonly store: TokenKeyStore;
  readonly clock: Clock;
  /** milliseconds for which a key signs */
  readonly lifeMs: number;
  /** milliseconds for which a token that it signed may still be good */
  readonly tokenLifeMs: number;
}

/** Keys that are made when they are needed, replaced in time, and forgotten when no token needs them. */
export function createTokenKeys({ store, clock, lifeMs, tokenLifeMs }: TokenKeysOptions): TokenKeys {
  const retireAfter = lifeMs + PUBLISHED_AHEAD_MS + 2 * tokenLifeMs;

  async function keys(): Promise<TokenKey[]> {
    const now = clock.now();
    const kept = await store.list();
    const newest = kept.at(-1);
    if (newest && newest.createdAt > now - lifeMs) return kept;
    await store.removeBefore(now - retireAfter);
    return store.add(await makeKey(now), now - lifeMs);
  }

  return {
    async current() {
      const all = await keys();
      const published = all.filter(({ createdAt }) => createdAt <= clock.now() - PUBLISHED_AHEAD_MS);
      const key = published.at(-1) ?? all[0];
      if (key === undefined) throw new Error('a key that was just made is not there');
      return key;
    },
    async find(kid) {
      const oldest = clock.now() - retireAfter;
      return (await keys()).find((key) => key.kid === kid && key.createdAt > oldest);
    },
    async publicKeys() {
      return { keys: (await keys()).map(publicJwk) };
    },
  };
}

async function makeKey(now: number): Promise<TokenKey> {
  const { calculateJwkThumbprint, exportJWK, generateKeyPair } = await import('jose');
  const { privateKey } = await generateKeyPair(TOKEN_ALGORITHM, { extractable: true });
  const privateJwk = await exportJWK(privateKey);
  return { kid: await calculateJwkThumbprint(privateJwk), privateJwk, createdAt: now };
}

/** Member by member, so that nothing private can slip through. */
export function publicJwk({ kid, privateJwk: { kty, crv, x, y } }: TokenKey): JWK {
  return { kid, alg: TOKEN_ALGORITHM, use: 'sig', kty, crv, x, y } as JWK;
}
