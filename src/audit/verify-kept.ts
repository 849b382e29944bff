import type { PublicKeys } from './attestation.ts';
import type { AuditLog } from './audit-log.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type TrailVerdict, verifyTrail } from './verify-trail.ts';

export interface KeptTrail {
  readonly audit: AuditLog;
  readonly keys: PublicKeys;
  /** checkpoints that are kept outside the database; of all tenants */
  readonly keptElsewhere: () => Promise<readonly Checkpoint[]>;
}

/** Verifies a trail as it is kept, against its own note of its end and against all checkpoints there are. */
export async function verifyKept(
  { audit, keys, keptElsewhere }: KeptTrail,
  tenantId: string,
  anchors: readonly Checkpoint[] = [],
): Promise<TrailVerdict> {
  // The end is read first: what is added meanwhile is not missed.
  const head = await audit.head(tenantId);
  const all = [...(await audit.checkpoints(tenantId)), ...(await keptElsewhere()), ...anchors];
  const checkpoints = all.filter(({ tenant_id }) => tenant_id === tenantId);
  return verifyTrail(tenantId, audit.lines(tenantId), { head, checkpoints, keys });
}
