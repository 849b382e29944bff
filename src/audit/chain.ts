import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { Act, AuditEntry } from './entry.ts';

/** Where a trail has come to: its last entry. */
export interface Head {
  /** 0 where there is no entry yet */
  readonly seq: number;
  /** lower-case hex */
  readonly hash: string;
}

/** What the first entry of a tenant is chained to, so that it cannot be passed off as another tenant's. */
export function genesis(tenantId: string): Head {
  return { seq: 0, hash: sha256(`darkroom audit trail of ${tenantId}`) };
}

/** The next entry of a trail, with its hash. `at` is milliseconds. */
export function seal(act: Act, head: Head, at: number): AuditEntry {
  const unsealed = {
    ...act,
    v: 1 as const,
    seq: head.seq + 1,
    at: new Date(at).toISOString(),
    previous: head.hash,
  };
  return { ...unsealed, hash: hashOf(unsealed) };
}

/** The hash that an entry must have: of all its members but the hash itself, `previous` among them. */
export function hashOf(entry: object): string {
  const { hash: _, ...rest } = entry as { hash?: unknown };
  return sha256(canonicalJson(rest));
}

/** Lower-case hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
