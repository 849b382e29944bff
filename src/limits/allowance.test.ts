import { expect, it } from 'vitest';
import { defaultSettings } from '../tenants/settings.ts';
import { createAllowance } from './allowance.ts';
import { createMemoryBuckets } from './memory-buckets.ts';

function open(renders: number | null) {
  const time = { now: Date.UTC(2026, 0, 1) };
  const allowance = createAllowance({
    tenants: {
      settings: () => ({
        ...defaultSettings,
        quotas: { ...defaultSettings.quotas, renders_per_minute: renders },
      }),
    },
    usage: { of: async () => ({ bytesStored: 0, imagesToday: 0 }) },
    buckets: createMemoryBuckets({ monotonic: () => time.now }),
    clock: { now: () => time.now },
  });
  return { time, allowance };
}

it('lets each tenant have so many pictures made in a minute', async () => {
  const { time, allowance } = open(2);
  for (const tenant of ['ours', 'ours', 'theirs']) await allowance.takeRender(tenant);
  await expect(allowance.takeRender('ours')).rejects.toMatchObject({
    code: 'quota_exceeded',
    extra: { quota: 'renders_per_minute', limit: 2, retryAfterSeconds: 30 },
  });
  time.now += 30_000;
  await allowance.takeRender('ours');
});

it('lets a tenant without a quota have any number, and one with none have none', async () => {
  const { allowance } = open(null);
  for (let made = 0; made < 1000; made++) await allowance.takeRender('ours');
  await expect(open(0).allowance.takeRender('ours')).rejects.toMatchObject({ code: 'quota_exceeded' });
});
