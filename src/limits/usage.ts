import type { NewImage } from '../images/catalog.ts';

/** What a tenant has used of what its quotas are about. */
export interface TenantUsage {
  /** bytes of all originals and variants, and those that were promised a place */
  readonly bytesStored: number;
  /** images received or promised a place in the day of UTC, erased ones included */
  readonly imagesToday: number;
}

/** Counted in the same transactions that write the records, so that it can never drift from them. */
export interface Usage {
  of(tenantId: string): Promise<TenantUsage>;
}

/** Bytes that an image takes of the quota: what is stored, or what was promised a place. */
export function bytesOf({ record, declared }: NewImage): number {
  const promised = record.status === 'awaiting_upload' ? (declared?.size ?? 0) : 0;
  return record.variants.reduce((sum, { size }) => sum + size, record.original?.size ?? promised);
}
