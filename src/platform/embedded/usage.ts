import type { NewImage } from '../../images/catalog.ts';
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

/** Bytes that an image takes of the quota: what is stored, or what was promised a place. */
export function bytesOf({ record, declared }: NewImage): number {
  const promised = record.status === 'awaiting_upload' ? (declared?.size ?? 0) : 0;
  return record.variants.reduce((sum, { size }) => sum + size, record.original?.size ?? promised);
}
