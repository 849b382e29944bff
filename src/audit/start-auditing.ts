import type { Logger } from 'pino';
import type { Clock } from '../images/clock.ts';
import { type Attestor, createAttestor, newAttestationKey } from './attestation.ts';
import type { AuditLog } from './audit-log.ts';
import type { Checkpoint } from './checkpoint.ts';
import { startCheckpointer } from './checkpointer.ts';
import { createTrail, type Trail } from './trail.ts';
import { verifyKept } from './verify-kept.ts';
import type { TrailVerdict } from './verify-trail.ts';

export interface Auditing {
  readonly trail: Trail;
  readonly attestor: Attestor;
  verifyTrail(tenantId: string): Promise<TrailVerdict>;
  /** Signs now and then where the trails stand, and at its end; of several processes, let one do it. */
  startCheckpoints(): { stop(): Promise<void> };
  /** Writes what is held back. */
  stop(): Promise<void>;
}

export interface AuditingDeps {
  readonly audit: AuditLog;
  readonly secrets: KeptSecrets;
  readonly clock: Clock;
  readonly log: Logger;
  readonly keepElsewhere: (checkpoint: Checkpoint) => Promise<void>;
  readonly keptElsewhere: () => Promise<readonly Checkpoint[]>;
}

interface KeptSecrets {
  getOrCreate(name: string, make: () => string): Promise<{ value: string }>;
}

/** The trail of a running service. */
export async function startAuditing(deps: AuditingDeps): Promise<Auditing> {
  const attestor = await openAttestor(deps.secrets);
  const trail = createTrail(deps);
  return {
    trail,
    attestor,
    verifyTrail: (tenantId) => verifyKept({ ...deps, keys: attestor.publicKeys }, tenantId),
    startCheckpoints: () => startCheckpointer({ ...deps, attestor }),
    stop: () => trail.stop(),
  };
}

/** With the key of this installation, made at the first call. */
export async function openAttestor(secrets: KeptSecrets): Promise<Attestor> {
  const made = await newAttestationKey();
  const { value } = await secrets.getOrCreate('attestation-key-1', () => made);
  return createAttestor(value);
}
