import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../failures.ts';
import { defaultSettings, type TenantSettings } from './settings.ts';
import type { StoredTenant, TenantStore } from './tenant-store.ts';
import { createTenants, FRESH_MS, type Tenants } from './tenants.ts';

/** A store that counts its reads; another process writes to it directly. */
function countingStore(): TenantStore & { reads: number } {
  const stored = new Map<string, StoredTenant>();
  const store = {
    reads: 0,
    async read(tenantId: string) {
      store.reads += 1;
      return stored.get(tenantId);
    },
    async replace(tenantId: string, version: number, settings: TenantSettings) {
      if ((stored.get(tenantId)?.version ?? 0) !== version) throw new Failure('stale_write', 'stale');
      const written = { tenantId, settings, version: version + 1, createdAt: 0, updatedAt: 0 };
      stored.set(tenantId, written);
      return written;
    },
    isListed: async (origin: string) =>
      [...stored.values()].some(({ settings }) => settings.cors_origins.includes(origin)),
  };
  return store;
}

let now = 0;
let store: ReturnType<typeof countingStore>;
let tenants: Tenants;
beforeEach(() => {
  now = 0;
  store = countingStore();
  tenants = createTenants({ store, clock: { now: () => 0 }, monotonic: () => now });
});

const signed: TenantSettings = { ...defaultSettings, delivery: 'signed' };

describe('settings', () => {
  it('are looked up once for many who ask, and asked for again after a while', async () => {
    const first = await tenants.settings('ours');
    for (let asked = 0; asked < 100; asked++) expect(tenants.settings('ours')).toBe(first);
    expect(store.reads).toBe(1);
    now = FRESH_MS + 1;
    await tenants.settings('ours');
    expect(store.reads).toBe(2);
  });

  it('are the same object while nobody has changed them', async () => {
    await tenants.change('ours', () => signed);
    const before = tenants.settings('ours');
    now = FRESH_MS + 1;
    expect(await tenants.settings('ours')).toBe(before);
  });

  it('are new at once where this process has written them', async () => {
    await tenants.settings('ours');
    await tenants.change('ours', () => signed);
    expect(tenants.settings('ours')).toMatchObject({ delivery: 'signed' });
  });

  it('are new after a while where another process has written them', async () => {
    await tenants.settings('ours');
    await store.replace('ours', 0, signed);
    expect(tenants.settings('ours')).toMatchObject({ delivery: 'public' });
    now = FRESH_MS + 1;
    expect(await tenants.settings('ours')).toMatchObject({ delivery: 'signed' });
  });

  it('do not go back where a look that began earlier ends later', async () => {
    const slow = Promise.withResolvers<void>();
    const { read } = store;
    store.read = async (tenantId) => {
      const found = await read(tenantId);
      await slow.promise;
      return found;
    };
    const looking = tenants.settings('ours');
    store.read = read;
    await tenants.change('ours', () => signed);
    slow.resolve();
    expect(await looking).toMatchObject({ delivery: 'signed' });
    expect(tenants.settings('ours')).toMatchObject({ delivery: 'signed' });
  });
});

describe('changes', () => {
  it('of many at once are all made', async () => {
    const add = (origin: string) =>
      tenants.change('ours', (before) => ({ ...before, cors_origins: [...before.cors_origins, origin] }));
    await Promise.all(['https://a.example', 'https://b.example', 'https://c.example'].map(add));
    expect((await tenants.read('ours')).settings.cors_origins).toHaveLength(3);
  });

  it('that change nothing are not written', async () => {
    expect(await tenants.change('ours', (before) => before)).toMatchObject({ version: 0 });
    expect(await store.read('ours')).toBeUndefined();
  });

  it('of a version that is gone are refused', async () => {
    await tenants.change('ours', () => signed, 0);
    const again = tenants.change('ours', () => defaultSettings, 0);
    await expect(again).rejects.toMatchObject({ code: 'precondition_failed' });
  });

  it('make the first key once, however many ask for it', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => tenants.signingKey('ours')));
    expect(new Set(keys.map(({ id }) => id)).size).toBe(1);
    expect(await tenants.signingKey('theirs')).not.toEqual(keys[0]);
  });
});
