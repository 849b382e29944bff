import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import { openTestPlatform, type TestPlatform } from '../platform/embedded/testing/data-folder.ts';
import { permissionsOf } from './access.ts';
import type { NewApiKey } from './api-keys.ts';
import { hashKey, makeKey } from './key-format.ts';
import { createKeyVerifier, type KeyVerifier } from './key-verifier.ts';
import type { Principal } from './principal.ts';

const SECOND = 1000;
const installed: Principal = {
  tenantId: 'main',
  userId: 'owner',
  role: 'owner',
  via: { kind: 'key', keyId: 'first' },
};

let clock: ControlledClock;
let platform: TestPlatform;
let keys: KeyVerifier;
let lookUps: string[];

beforeEach(async () => {
  clock = createFakeClock();
  platform = await openTestPlatform(clock, 'none');
  keys = verifier();
  await platform.members.join({ tenantId: 'main', userId: 'ada', role: 'owner' });
  await platform.members.join({ tenantId: 'main', userId: 'zoe', role: 'owner' });
});
afterEach(() => platform.close());

function verifier(): KeyVerifier {
  const { apiKeys, members } = platform;
  lookUps = [];
  const counted = {
    find: (keyId: string) => {
      lookUps.push(keyId);
      return apiKeys.find(keyId);
    },
    used: apiKeys.used,
  };
  const first = { hash: hashKey('the key of the installation'), principal: installed };
  return createKeyVerifier({ apiKeys: counted, members, clock, first });
}

async function issued(parts: Partial<NewApiKey> = {}): Promise<{ key: string; keyId: string }> {
  const { key, keyId, hash } = makeKey();
  await platform.apiKeys.add({
    ...{ keyId, hash, tenantId: 'main', userId: 'ada', name: 'a key', role: 'editor' },
    ...parts,
  });
  return { key, keyId };
}

const refused = { code: 'unauthorized' };

describe('a key', () => {
  it('speaks for its maker, with its own role and scopes', async () => {
    const { key, keyId } = await issued({ scopes: ['images:read'] });
    expect(await keys.verify(key)).toEqual({
      tenantId: 'main',
      userId: 'ada',
      role: 'editor',
      scopes: ['images:read'],
      via: { kind: 'key', keyId },
    });
  });

  it('of the installation needs no store, whatever it looks like', async () => {
    expect(await keys.verify('the key of the installation')).toEqual(installed);
    expect(lookUps).toEqual([]);
  });

  it('that cannot be one is refused without a look into the store', async () => {
    const { key } = await issued();
    const typo = key.slice(0, -1) + (key.endsWith('x') ? 'y' : 'x');
    for (const wrong of [typo, 'dr_0123', '', 'ey.ey.ey', 'constructor']) {
      await expect(keys.verify(wrong)).rejects.toMatchObject(refused);
    }
    expect(lookUps).toEqual([]);
  });

  it('with a right checksum that was never made here is refused', async () => {
    await expect(keys.verify(makeKey().key)).rejects.toMatchObject(refused);
  });

  it('with the id of another one is refused', async () => {
    const { keyId } = await issued();
    const forged = makeKey();
    await platform.apiKeys.revoke('main', keyId);
    await platform.apiKeys.add({
      ...{ keyId: forged.keyId, hash: hashKey('something else') },
      ...{ tenantId: 'main', userId: 'ada', name: 'a key', role: 'owner' },
    });
    await expect(keys.verify(forged.key)).rejects.toMatchObject(refused);
  });

  it('ends when it is said to, also while it is remembered', async () => {
    const { key } = await issued({ expiresAt: clock.now() + SECOND });
    expect(await keys.verify(key)).toBeTruthy();
    clock.advance(SECOND);
    await expect(keys.verify(key)).rejects.toMatchObject(refused);
  });

  it('that is used all the time is looked up every ten seconds', async () => {
    const { key } = await issued();
    for (let second = 0; second < 20; second += 1) {
      await keys.verify(key);
      await keys.verify(key);
      clock.advance(SECOND);
    }
    expect(lookUps).toHaveLength(2);
  });

  it('is noted as used about once a minute', async () => {
    const { key, keyId } = await issued();
    const lastUsed = async () => (await platform.apiKeys.find(keyId))?.lastUsedAt;
    const began = clock.now();
    await keys.verify(key);
    expect(await lastUsed()).toBe(began);
    clock.advance(59 * SECOND);
    await keys.verify(key);
    expect(await lastUsed()).toBe(began);
    clock.advance(11 * SECOND);
    await keys.verify(key);
    expect(await lastUsed()).toBe(clock.now());
  });

  it('opens also where its use cannot be noted', async () => {
    const { key } = await issued();
    const full = { find: platform.apiKeys.find, used: () => Promise.reject(new Error('the disk is full')) };
    const first = { hash: hashKey('first'), principal: installed };
    const other = createKeyVerifier({ apiKeys: full, members: platform.members, clock, first });
    expect(await other.verify(key)).toBeTruthy();
  });
});

describe('what ends a key at once, though it is remembered', () => {
  it('its revocation', async () => {
    const { key, keyId } = await issued();
    await keys.verify(key);
    await platform.apiKeys.revoke('main', keyId);
    keys.forget(keyId);
    await expect(keys.verify(key)).rejects.toMatchObject(refused);
  });

  it('its revocation while it is being looked up', async () => {
    const { key, keyId } = await issued();
    const { apiKeys, members } = platform;
    const slow = {
      used: apiKeys.used,
      async find(asked: string) {
        const found = await apiKeys.find(asked);
        if (found) await apiKeys.revoke('main', keyId);
        keys.forget(keyId);
        return found;
      },
    };
    const first = { hash: hashKey('first'), principal: installed };
    keys = createKeyVerifier({ apiKeys: slow, members, clock, first });
    await keys.verify(key);
    await expect(keys.verify(key)).rejects.toMatchObject(refused);
  });

  it('the suspension of its maker, for as long as it lasts', async () => {
    const { key } = await issued();
    await keys.verify(key);
    await platform.members.change('main', 'ada', { status: 'suspended' });
    keys.forgetMaker('ada');
    await expect(keys.verify(key)).rejects.toMatchObject(refused);
    await platform.members.change('main', 'ada', { status: 'active' });
    expect(await keys.verify(key)).toBeTruthy();
  });

  it('the end of its maker', async () => {
    const { key } = await issued();
    await platform.members.remove('main', 'ada');
    await expect(keys.verify(key)).rejects.toMatchObject(refused);
  });

  it('in another process, ten seconds', async () => {
    const { key, keyId } = await issued();
    await keys.verify(key);
    await platform.apiKeys.revoke('main', keyId);
    clock.advance(10 * SECOND);
    await expect(keys.verify(key)).rejects.toMatchObject(refused);
  });
});

describe('a key whose maker may do less than when it was made', () => {
  const cases: [made: Partial<NewApiKey>, now: Principal['role'], left: readonly string[]][] = [
    [{ role: 'owner' }, 'viewer', ['images:read', 'links:make', 'events:read', 'pipelines:read']],
    [{ role: 'owner', scopes: ['images:read', 'images:erase'] }, 'viewer', ['images:read']],
    [{ role: 'owner', scopes: ['keys:manage'] }, 'editor', []],
    [{ role: 'auditor' }, 'analyst', []],
    [{ role: 'viewer' }, 'editor', ['images:read', 'links:make', 'events:read', 'pipelines:read']],
  ];
  it.each(cases)('%o made by an owner who is %s now', async (made, now, left) => {
    const { key } = await issued(made);
    await platform.members.change('main', 'ada', { role: now });
    expect(permissionsOf(await keys.verify(key)).toSorted()).toEqual(left.toSorted());
  });

  it('erases only what is its maker’s, where the maker erases only that', async () => {
    const { key } = await issued({ role: 'owner', scopes: ['images:erase'] });
    await platform.members.change('main', 'ada', { role: 'editor' });
    expect(await keys.verify(key)).toMatchObject({ role: 'editor', scopes: ['images:erase'] });
  });
});
