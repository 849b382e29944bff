import type { Clock } from '../images/clock.ts';
import type { Tenants } from '../tenants/tenants.ts';
import type { PictureSigning } from './picture-links.ts';
import { createSigner, type Signer } from './signing.ts';

/** How links to the pictures of a tenant are written. */
export interface TenantLinks {
  /** Signs with the tenant's active key; its first one is made where it has none. */
  signerOf(tenantId: string): Promise<Pick<Signer, 'sign'>>;

  /**
   * How to sign links that are given out without being asked for one by one.
   *
   * @param periods milliseconds: `asked` signs whatever the tenant decided, `usual` is for tenants that show their
   *   images by signed URLs only
   * @returns undefined where links need no signature
   */
  signingOf(
    tenantId: string,
    periods: { readonly asked?: number; readonly usual: number },
  ): Promise<PictureSigning | undefined>;
}

export function createTenantLinks({
  tenants,
  clock,
}: {
  tenants: Pick<Tenants, 'settings' | 'signingKey'>;
  clock: Clock;
}): TenantLinks {
  const signerOf = async (tenantId: string) => createSigner({ keys: [await tenants.signingKey(tenantId)] });
  return {
    signerOf,
    async signingOf(tenantId, { asked, usual }) {
      const { delivery } = await tenants.settings(tenantId);
      if (asked === undefined && delivery === 'public') return undefined;
      return { signer: await signerOf(tenantId), now: clock.now(), periodMs: asked ?? usual };
    },
  };
}
