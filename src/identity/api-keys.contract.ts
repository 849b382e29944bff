import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import type { ApiKeys, NewApiKey } from './api-keys.ts';

export interface ApiKeysUnderTest {
  readonly apiKeys: ApiKeys;
  close(): Promise<void>;
}

export function apiKeysContract(
  name: string,
  open: (clock: ControlledClock) => Promise<ApiKeysUnderTest>,
): void {
  describe(`${name} keeps the ApiKeys contract`, () => {
    let clock: ControlledClock;
    let opened: ApiKeysUnderTest;
    let apiKeys: ApiKeys;

    beforeEach(async () => {
      clock = createFakeClock();
      opened = await open(clock);
      apiKeys = opened.apiKeys;
    });
    afterEach(() => opened.close());

    const key = (keyId: string, parts: Partial<NewApiKey> = {}): NewApiKey => ({
      keyId,
      tenantId: 'ours',
      userId: 'ada',
      name: 'the camera in the hall',
      role: 'editor',
      hash: 'ab'.repeat(32),
      ...parts,
    });

    it('keeps a key as it is, and lists it without its hash', async () => {
      const given = key('k1', { scopes: ['images:read', 'links:make'], expiresAt: 5 });
      const added = await apiKeys.add(given);
      const { hash, ...listed } = given;
      expect(added).toEqual({ ...listed, createdAt: clock.now() });
      expect(await apiKeys.find('k1')).toEqual({ ...added, hash });
      expect(await apiKeys.list('ours')).toEqual([added]);
    });

    it('tells a key without scopes and without an end from others', async () => {
      await apiKeys.add(key('k1'));
      const found = await apiKeys.find('k1');
      expect(found).not.toHaveProperty('scopes');
      expect(found).not.toHaveProperty('expiresAt');
      expect(found).not.toHaveProperty('lastUsedAt');
    });

    it('lists the newest first', async () => {
      for (const keyId of ['b', 'a', 'c']) {
        await apiKeys.add(key(keyId));
        clock.advance(1);
      }
      expect((await apiKeys.list('ours')).map(({ keyId }) => keyId)).toEqual(['c', 'a', 'b']);
    });

    it('notes the last use', async () => {
      await apiKeys.add(key('k1'));
      clock.advance(7);
      await apiKeys.used('k1');
      await apiKeys.used('nothing');
      expect(await apiKeys.find('k1')).toMatchObject({ lastUsedAt: clock.now() });
    });

    it('forgets what is revoked', async () => {
      await apiKeys.add(key('k1'));
      await apiKeys.revoke('ours', 'k1');
      expect(await apiKeys.find('k1')).toBeUndefined();
      expect(await apiKeys.list('ours')).toEqual([]);
      await expect(apiKeys.revoke('ours', 'k1')).rejects.toMatchObject({ code: 'key_not_found' });
    });

    it('revokes all keys of a person, and of nobody else', async () => {
      await apiKeys.add(key('k1'));
      await apiKeys.add(key('k2'));
      await apiKeys.add(key('k3', { userId: 'bob' }));
      await apiKeys.add(key('k4', { tenantId: 'theirs' }));
      expect((await apiKeys.revokeAllOf('ours', 'ada')).toSorted()).toEqual(['k1', 'k2']);
      expect(await apiKeys.revokeAllOf('ours', 'ada')).toEqual([]);
      expect((await apiKeys.list('ours')).map(({ keyId }) => keyId)).toEqual(['k3']);
      expect(await apiKeys.find('k4')).toBeTruthy();
    });

    it('keeps tenants apart', async () => {
      await apiKeys.add(key('k1', { tenantId: 'theirs' }));
      expect(await apiKeys.list('ours')).toEqual([]);
      await expect(apiKeys.revoke('ours', 'k1')).rejects.toMatchObject({ code: 'key_not_found' });
      expect(await apiKeys.find('k1')).toMatchObject({ tenantId: 'theirs' });
    });
  });
}
