import type { Head } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Act, AuditEntry, Outcome } from './entry.ts';

/**
 * Who did what: append-only, one chain of hashes for each tenant. There is no call that changes or removes an entry.
 */
export interface AuditLog {
  /** Durable when it answers. Entries of a tenant are numbered without gaps, whoever else writes at the time. */
  append(act: Act): Promise<AuditEntry>;

  /** Newest first. @throws Failure `invalid_request` for a cursor that is none */
  list(tenantId: string, query: AuditQuery): Promise<{ entries: AuditEntry[]; nextCursor?: string }>;

  /** A whole trail, oldest first, each entry as the line of JSON that is kept: to be exported or verified. */
  lines(tenantId: string): AsyncIterable<string>;

  /** Where the trail has come to, by its own account. */
  head(tenantId: string): Promise<Head>;

  /** All that have a trail. */
  tenants(): Promise<string[]>;

  /** Keeps a signed head. Repeating it is harmless. */
  keepCheckpoint(checkpoint: Checkpoint): Promise<void>;

  /** Signed heads, oldest first. */
  checkpoints(tenantId: string): Promise<Checkpoint[]>;
}

export interface AuditQuery {
  /** id of the actor */
  readonly actor?: string;
  readonly action?: string;
  readonly imageId?: string;
  readonly outcome?: Outcome;
  /** milliseconds, inclusive */
  readonly from?: number;
  /** milliseconds, exclusive */
  readonly to?: number;
  /** opaque, from `nextCursor` */
  readonly cursor?: string;
  /** 1..200 */
  readonly limit: number;
}
