import type { Clock } from '../../images/clock.ts';
import type { TenantUsage, Usage } from '../../limits/usage.ts';
import { integer } from './columns.ts';
import type { Database } from './database.ts';

const DAY = 24 * 3_600_000;

/** Triggers on the table of images keep the sums: see the migrations. */
export function createUsage(database: Database, clock: Clock): Usage {
  return {
    async of(tenantId) {
      return usageOf(database, tenantId, clock.now());
    },
  };
}

export function usageOf(database: Database, tenantId: string, now: number): TenantUsage {
  const row = database.get(
    `SELECT coalesce((SELECT bytes FROM tenant_usage WHERE tenant_id = ?), 0) AS bytes,
       coalesce((SELECT images FROM tenant_days WHERE tenant_id = ? AND day = ?), 0) AS images`,
    tenantId,
    tenantId,
    Math.floor(now / DAY),
  );
  if (row === undefined) throw new Error('a statement without FROM answered no row');
  return { bytesStored: integer(row, 'bytes'), imagesToday: integer(row, 'images') };
}
