import type { ImageEvent, NewImageEvent } from './events.ts';
import type { Status, StoredImage } from './image.ts';

/**
 * The records of all images. Every call is scoped by tenant; every write is conditional and carries, in the same
 * transaction, the events that tell others about it (the outbox), at most 40 at once.
 *
 * An image past its `expires_at`, and a tombstone, does not exist for `read` and `list`.
 */
export interface Catalog {
  /**
   * Adds a record. With an `idempotencyKey` that the tenant has used before, adds nothing and answers the image
   * that has the key: look at `created`. A key whose image is no longer visible is free again.
   * @throws Failure `idempotency_conflict` where the key was used with another request hash
   * @throws Failure `stale_write` where the id is taken
   * @throws Failure `quota_exceeded` where the tenant would have more than `within` says; then nothing is written
   */
  create(image: NewImage, options?: CreateOptions): Promise<{ stored: StoredImage; created: boolean }>;

  read(tenantId: string, imageId: string): Promise<StoredImage | undefined>;

  /** The image that was created with this key, where it is still visible. */
  readByIdempotencyKey(
    tenantId: string,
    key: string,
  ): Promise<{ stored: StoredImage; requestHash: string } | undefined>;

  /**
   * Writes `next` where the stored version is still `before.version`; the answer has the new version.
   * @throws Failure `stale_write` where somebody wrote first, or the record is gone
   * @throws Error where the table of transitions does not allow the change of status
   */
  replace(before: StoredImage, next: NewImage, events: readonly NewImageEvent[]): Promise<StoredImage>;

  /** Newest first by upload time. */
  list(tenantId: string, query: ListQuery): Promise<{ images: StoredImage[]; nextCursor?: string }>;

  /** Which delivery must answer for this id, whatever its tenant: delivery URLs name no tenant. */
  readForDelivery(imageId: string): Promise<StoredImage | undefined>;
}

/** A record as it is to be written: the version is the catalog's. */
export type NewImage = Omit<StoredImage, 'version'>;

export interface CreateOptions {
  readonly events?: readonly NewImageEvent[];
  readonly idempotency?: { readonly key: string; readonly requestHash: string };
  /** quotas of the tenant, counted with this image; null is no limit */
  readonly within?: { readonly bytes_stored: number | null; readonly images_per_day: number | null };
}

export interface ListQuery {
  readonly userId?: string;
  readonly status?: Status;
  readonly tags?: Readonly<Record<string, string>>;
  /** upload time, milliseconds, inclusive */
  readonly from?: number;
  /** upload time, milliseconds, exclusive */
  readonly to?: number;
  /** opaque, from `nextCursor`; keeps its place while images are added */
  readonly cursor?: string;
  /** 1..200 */
  readonly limit: number;
}

/** What retention and repair need to see: also what readers no longer may. Across tenants. */
export interface CatalogUpkeep {
  /** Any record, tombstones and expired ones included. */
  readAny(tenantId: string, imageId: string): Promise<StoredImage | undefined>;
  /** Images past their `expires_at` that are not tombstones yet, oldest first. */
  expired(limit: number): Promise<StoredImage[]>;
  /** Tombstones whose objects may still exist. */
  unpurged(limit: number): Promise<StoredImage[]>;
  /** The objects of a tombstone are gone. */
  markPurged(tenantId: string, imageId: string): Promise<void>;
  /** Forgets purged tombstones and idempotency keys from before then (milliseconds); answers how many tombstones went. */
  forgetTombstones(before: number): Promise<number>;
  /** Images that were received or processing and last written before then, milliseconds. */
  stalled(before: number, limit: number): Promise<StoredImage[]>;
  /** All records with their tombstones, in a stable order, for repair. */
  all(): AsyncIterable<StoredImage>;
  /** How many images each status has. */
  counts(): Promise<Readonly<Partial<Record<Status, number>>>>;
}

/** The outbox and the log behind live events: what happened, in order, at least once. */
export interface EventLog {
  /** Events that have not been handed on yet, oldest first. */
  undelivered(limit: number): Promise<ImageEvent[]>;
  delivered(ids: readonly string[]): Promise<void>;
  /** Events of a tenant after the one with this id (all that are kept without one), oldest first. */
  since(tenantId: string, afterId: string | undefined, limit: number): Promise<ImageEvent[]>;
  /** The id of the newest event of the tenant. */
  latestId(tenantId: string): Promise<string | undefined>;
  /** Forgets delivered events from before then, milliseconds. */
  forget(before: number): Promise<number>;
}
