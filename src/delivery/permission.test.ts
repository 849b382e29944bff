import { beforeEach, expect, it } from 'vitest';
import type { StoredImage } from '../images/image.ts';
import type { TenantSettings } from '../tenants/settings.ts';
import type { StoredTenant, TenantStore } from '../tenants/tenant-store.ts';
import { createTenants, type Tenants } from '../tenants/tenants.ts';
import { type Permit, permitByTenant } from './permission.ts';
import { createTenantLinks } from './tenant-links.ts';

/** Two processes over one store: one makes links, the other one is asked for the picture. */

const clock = { now: () => Date.parse('2026-11-20T12:00:00Z') };
const image = { record: { tenant_id: 'ours' } } as StoredImage;

let reads: number;
let maker: Tenants;
let permit: Permit;
beforeEach(() => {
  reads = 0;
  let stored: StoredTenant | undefined;
  const store: TenantStore = {
    async read() {
      reads += 1;
      return stored;
    },
    async replace(tenantId: string, version: number, settings: TenantSettings) {
      stored = { tenantId, settings, version: version + 1, createdAt: 0, updatedAt: 0 };
      return stored;
    },
    isListed: async () => false,
  };
  maker = createTenants({ store, clock });
  const asked = createTenants({ store, clock });
  permit = permitByTenant({ tenants: asked, clock });
});

it('lets in who has a link that another process has signed with a key of this very moment', async () => {
  expect((await permit('/i/1?w=64', image)).isSigned).toBe(false);
  const signer = await createTenantLinks({ tenants: maker, clock }).signerOf('ours');
  const target = signer.sign({
    method: 'GET',
    path: '/i/1',
    query: [['w', '64']],
    expiresAt: clock.now() + 60_000,
  });
  expect((await permit(target, image)).isSigned).toBe(true);
});

it('refuses what nobody has signed, and looks no more than once at a time to find out', async () => {
  await permit('/i/1?w=64', image);
  const before = reads;
  const forged = '/i/1?w=64&exp=1795200000&sig=k1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  const asked = Array.from({ length: 50 }, async () => permit(forged, image));
  const answers = await Promise.allSettled(asked);
  expect(new Set(answers.map((answer) => answer.status === 'rejected' && answer.reason.code))).toEqual(
    new Set(['signature_invalid']),
  );
  expect(reads - before).toBe(1);
});
