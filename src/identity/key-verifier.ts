import { timingSafeEqual } from 'node:crypto';
import { Failure } from '../failures.ts';
import type { Clock } from '../images/clock.ts';
import { exceeding, permissionsOf } from './access.ts';
import type { ApiKeys, StoredApiKey } from './api-keys.ts';
import { hashKey, keyIdIn } from './key-format.ts';
import type { Member, Members } from './members.ts';
import type { Principal } from './principal.ts';

/** Tells for whom an API key speaks. */
export interface KeyVerifier {
  /** @throws Failure `unauthorized` */
  verify(key: string): Promise<Principal>;
  /** This key is no more, as of now. */
  forget(keyId: string): void;
  /** What this person may do has changed, as of now; so has what the person's keys may do. */
  forgetMaker(userId: string): void;
}

export interface KeyVerifierDeps {
  readonly apiKeys: Pick<ApiKeys, 'find' | 'used'>;
  readonly members: Pick<Members, 'find'>;
  readonly clock: Clock;
  /** a key that is not in the store: it comes with the installation, and ends with it; known a little after the start */
  readonly first: FirstKey | Promise<FirstKey>;
}

export interface FirstKey {
  /** lower-case hex SHA-256 */
  readonly hash: string;
  readonly principal: Principal;
}

/** How long a key is believed without a look into the store, milliseconds: as long as another process may not know of its end. */
const REMEMBERED_MS = 10_000;
const MOST_REMEMBERED = 10_000;
/** How exact "last used" is, milliseconds. */
const NOTED_EVERY_MS = 60_000;

interface Remembered {
  readonly principal: Principal;
  readonly keyId: string;
  /** milliseconds */
  readonly until: number;
}

export function createKeyVerifier({ apiKeys, members, clock, first }: KeyVerifierDeps): KeyVerifier {
  const remembered = new Map<string, Remembered>();
  // Counts what was forgotten, so that a look into the store that began before is not remembered after.
  let forgotten = 0;

  async function lookUp(key: string, hash: string): Promise<Remembered> {
    const keyId = keyIdIn(key);
    if (keyId === undefined) throw unknownKey();
    const before = forgotten;
    const now = clock.now();
    const stored = await apiKeys.find(keyId);
    if (!stored || !isSame(stored.hash, hash) || isOver(stored, now)) throw unknownKey();
    const principal = await principalOf(stored);
    await noteUse(stored, now);
    const until = Math.min(now + REMEMBERED_MS, stored.expiresAt ?? Number.POSITIVE_INFINITY);
    const found = { principal, keyId, until };
    if (forgotten === before) remember(hash, found);
    return found;
  }

  /** A key acts for its maker: never for more than the maker may do now. */
  async function principalOf({ tenantId, userId, role, scopes, keyId }: StoredApiKey): Promise<Principal> {
    const via = { kind: 'key', keyId } as const;
    const principal = { tenantId, userId, role, via, ...(scopes && { scopes }) };
    const { principal: standing } = await first;
    if (userId === standing.userId && tenantId === standing.tenantId) return principal;
    const maker = await members.find(userId);
    if (!maker || maker.tenantId !== tenantId || maker.status !== 'active') throw unknownKey();
    return exceeding(maker, principal).length === 0 ? principal : withinMaker(principal, maker);
  }

  async function noteUse({ keyId, lastUsedAt = 0 }: StoredApiKey, now: number): Promise<void> {
    if (now - lastUsedAt < NOTED_EVERY_MS) return;
    // A disk that takes no note must not keep out who has a key: reading is what still works then.
    await apiKeys.used(keyId).catch(() => {});
  }

  function remember(hash: string, found: Remembered): void {
    remembered.delete(hash);
    remembered.set(hash, found);
    const oldest = remembered.keys().next().value;
    if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  }

  function forgetWhere(matches: (entry: Remembered) => boolean): void {
    forgotten += 1;
    for (const [hash, entry] of remembered) if (matches(entry)) remembered.delete(hash);
  }

  return {
    async verify(key) {
      const hash = hashKey(key);
      const installed = await first;
      if (isSame(installed.hash, hash)) return installed.principal;
      const known = remembered.get(hash);
      if (known && clock.now() < known.until) return known.principal;
      remembered.delete(hash);
      return (await lookUp(key, hash)).principal;
    },
    forget: (keyId) => forgetWhere((entry) => entry.keyId === keyId),
    forgetMaker: (userId) => forgetWhere(({ principal }) => principal.userId === userId),
  };
}

function withinMaker(principal: Principal, maker: Member): Principal {
  const made = permissionsOf(principal);
  return { ...principal, role: maker.role, scopes: permissionsOf({ role: maker.role, scopes: made }) };
}

function isOver({ expiresAt }: StoredApiKey, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

function isSame(stored: string, given: string): boolean {
  return timingSafeEqual(Buffer.from(stored, 'hex'), Buffer.from(given, 'hex'));
}

/** The same words whatever is wrong with it. */
function unknownKey(): Failure {
  return new Failure(
    'unauthorized',
    'This API key is not known, or no longer. Send a valid one as a bearer token.',
  );
}
