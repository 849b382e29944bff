import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import { defaultSettings, type TenantSettings } from './settings.ts';
import type { TenantStore } from './tenant-store.ts';

export interface TenantStoreUnderTest {
  readonly tenants: TenantStore;
  close(): Promise<void>;
}

export type OpenTenantStore = (clock: ControlledClock) => Promise<TenantStoreUnderTest>;

const signed: TenantSettings = {
  ...defaultSettings,
  delivery: 'signed',
  signing_keys: [
    {
      id: 'k1',
      secret: 'a secret of the contract',
      created_at: '2026-11-20T00:00:00.000Z',
      active: true,
      ends_at: null,
    },
  ],
  imgix_token: 'a-token-of-imgix',
  cors_origins: ['https://www.example.com'],
  quotas: { ...defaultSettings.quotas, images_per_day: 100 },
  retention: '12h',
};

export function tenantStoreContract(name: string, open: OpenTenantStore): void {
  describe(`${name} keeps the TenantStore contract`, () => {
    let clock: ControlledClock;
    let opened: TenantStoreUnderTest;
    let tenants: TenantStore;

    beforeEach(async () => {
      clock = createFakeClock();
      opened = await open(clock);
      tenants = opened.tenants;
    });
    afterEach(() => opened.close());

    it('answers nothing for a tenant that nothing was written for', async () => {
      await tenants.replace('theirs', 0, signed);
      expect(await tenants.read('ours')).toBeUndefined();
    });

    it('keeps settings as they are, and counts a version for each write', async () => {
      const createdAt = clock.now();
      const first = await tenants.replace('ours', 0, signed);
      expect(first).toEqual({
        tenantId: 'ours',
        settings: signed,
        version: 1,
        createdAt,
        updatedAt: createdAt,
      });
      expect(await tenants.read('ours')).toEqual(first);
      await clock.advance(5_000);
      const second = await tenants.replace('ours', 1, defaultSettings);
      expect(second).toEqual({
        ...first,
        settings: defaultSettings,
        version: 2,
        updatedAt: createdAt + 5_000,
      });
      expect(await tenants.read('ours')).toEqual(second);
    });

    it.each([
      ['as new, where it is not', 0],
      ['over an older version', 1],
      ['over a version to come', 3],
    ])('refuses to write %s', async (_, version) => {
      await tenants.replace('ours', 0, defaultSettings);
      const stored = await tenants.replace('ours', 1, signed);
      const writing = tenants.replace('ours', version, defaultSettings);
      await expect(writing).rejects.toMatchObject({ code: 'stale_write' });
      expect(await tenants.read('ours')).toEqual(stored);
    });

    it('refuses to write over what was never written', async () => {
      await expect(tenants.replace('ours', 1, signed)).rejects.toMatchObject({ code: 'stale_write' });
      expect(await tenants.read('ours')).toBeUndefined();
    });

    it('lets one of many win who write over the same version', async () => {
      const writes = Array.from({ length: 16 }, () => tenants.replace('ours', 0, signed));
      const ended = await Promise.allSettled(writes);
      expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await tenants.read('ours')).toMatchObject({ version: 1 });
    });

    it('knows which origins any tenant lists', async () => {
      const origin = 'https://www.example.com';
      const listed = () => tenants.isListed(origin);
      expect(await listed()).toBe(false);
      await tenants.replace('ours', 0, signed);
      await tenants.replace('theirs', 0, signed);
      expect([await listed(), await tenants.isListed('https://example.com')]).toEqual([true, false]);
      await tenants.replace('ours', 1, defaultSettings);
      expect(await listed()).toBe(true);
      await tenants.replace('theirs', 1, defaultSettings);
      expect(await listed()).toBe(false);
    });

    it('keeps tenants apart', async () => {
      await tenants.replace('theirs', 0, signed);
      expect(await tenants.replace('ours', 0, defaultSettings)).toMatchObject({ version: 1 });
      expect(await tenants.read('theirs')).toMatchObject({ settings: signed, version: 1 });
    });
  });
}
