import type { Clock } from '../images/clock.ts';
import type { Tenants } from '../tenants/tenants.ts';
import type { Buckets } from './buckets.ts';
import { assertWithin, type IntakeQuotas, quotaExceeded } from './quotas.ts';
import type { Usage } from './usage.ts';

/** What tenants may still do by their quotas. */
export interface Allowance {
  /** What the commit of an image has to keep to; undefined where the tenant has set no limit. */
  quotasOf(tenantId: string): Promise<IntakeQuotas | undefined>;

  /**
   * Refuses an image before its bytes are taken. Others may come in between: only the commit decides.
   *
   * @param bytes where they were announced
   * @throws Failure `quota_exceeded`
   */
  assertRoom(tenantId: string, bytes: number | undefined): Promise<void>;

  /** Counts a picture that is about to be made on request. @throws Failure `quota_exceeded` */
  takeRender(tenantId: string): Promise<void>;
}

export interface AllowanceDeps {
  readonly tenants: Pick<Tenants, 'settings'>;
  readonly usage: Usage;
  readonly buckets: Buckets;
  readonly clock: Clock;
}

const MINUTE = 60_000;

export function createAllowance({ tenants, usage, buckets, clock }: AllowanceDeps): Allowance {
  async function quotasOf(tenantId: string): Promise<IntakeQuotas | undefined> {
    const { quotas } = await tenants.settings(tenantId);
    const isLimited = quotas.bytes_stored !== null || quotas.images_per_day !== null;
    return isLimited ? quotas : undefined;
  }

  return {
    quotasOf,

    async assertRoom(tenantId, bytes = 1) {
      const quotas = await quotasOf(tenantId);
      if (!quotas) return;
      const { bytesStored, imagesToday } = await usage.of(tenantId);
      const after = { bytesStored: bytesStored + bytes, imagesToday: imagesToday + 1 };
      assertWithin(quotas, after, clock.now());
    },

    async takeRender(tenantId) {
      const { renders_per_minute: limit } = (await tenants.settings(tenantId)).quotas;
      if (limit === null) return;
      const now = clock.now();
      const about = { quota: 'renders_per_minute', limit, needed: limit + 1 } as const;
      if (limit === 0) throw quotaExceeded(about, now);
      const taken = buckets.take(`tenant-renders:${tenantId}`, { quota: limit, windowMs: MINUTE });
      if (!taken.isAllowed) throw quotaExceeded({ ...about, resetsAt: now + taken.retryInMs }, now);
    },
  };
}
