import { z } from 'zod';
import { type Attestor, isAttested, type PublicKeys } from './attestation.ts';
import type { Head } from './chain.ts';

const Signed = z.strictObject({
  v: z.literal(1),
  tenant_id: z.string(),
  seq: z.int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
});

/**
 * A head with the signature of the service. Whoever keeps one elsewhere can later prove that nothing up to it was
 * altered or cut off, also where all of the database was rewritten.
 */
export const Checkpoint = Signed.extend({ signature: z.string() });
export type Checkpoint = z.infer<typeof Checkpoint>;

/** `at` is milliseconds. */
export async function signCheckpoint(
  attestor: Attestor,
  { tenantId, head, at }: { tenantId: string; head: Head; at: number },
): Promise<Checkpoint> {
  const signed = {
    v: 1 as const,
    tenant_id: tenantId,
    seq: head.seq,
    hash: head.hash,
    at: new Date(at).toISOString(),
  };
  return { ...signed, signature: await attestor.sign(signed, 'darkroom-checkpoint') };
}

export async function isGenuine(checkpoint: Checkpoint, keys: PublicKeys): Promise<boolean> {
  const { signature, ...document } = checkpoint;
  return isAttested({ document, type: 'darkroom-checkpoint', signature }, keys);
}
