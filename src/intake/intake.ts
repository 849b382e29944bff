import { z } from 'zod';
import type { Catalog } from '../images/catalog.ts';
import type { Clock } from '../images/clock.ts';
import { type Source, type StoredImage, Tags } from '../images/image.ts';
import type { ObjectStore, StoredObject } from '../images/object-store.ts';
import type { Allowance } from '../limits/allowance.ts';
import type { PipelineStore } from '../pipeline/pipeline-store.ts';
import type { AppendOptions, PartialUploads } from './partial-uploads.ts';

/**
 * How pictures come in. Whatever the way, it ends in `land`: the bytes are durable, then the record is committed as
 * `received` together with its event, and only then does a call answer. A call that throws leaves nothing behind.
 */
export interface Intake {
  /**
   * Takes a whole file: direct upload, watched folder, and what else brings its bytes along.
   * @throws Failure `empty_file`, `unsupported_format`, `file_too_large`, `length_mismatch`, `checksum_mismatch`,
   *   `upload_interrupted` (the body broke off), `pipeline_not_found`, `idempotency_conflict`, `quota_exceeded`,
   *   `storage_full`
   */
  receive(arrival: Arrival): Promise<Landed>;

  /**
   * Promises a place to a file that comes later, by signed PUT or in pieces.
   * @throws Failure `empty_file`, `file_too_large`, `pipeline_not_found`, `idempotency_conflict`, `quota_exceeded`
   */
  reserve(reservation: Reservation): Promise<Landed>;

  /**
   * The file of a reservation, all at once. A repetition with the same bytes answers the record again.
   * @throws Failure as `receive`, and `image_not_found`, `already_uploaded`, `upload_in_progress`
   */
  receiveReserved(tenantId: string, imageId: string, arrival: ReservedArrival): Promise<Landed>;

  /**
   * How far an upload in pieces has come. Finishes one whose last piece arrived before a crash.
   * @throws Failure `upload_not_found`, or why the file was rejected
   */
  pieces(tenantId: string, imageId: string): Promise<Pieces>;

  /**
   * Adds a piece; with the last one, the image is `received` before this answers.
   * @returns the new offset, durable
   * @throws Failure as `PartialUploads.append`, and why the complete file was rejected
   */
  addPiece(
    tenantId: string,
    imageId: string,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    options?: AppendOptions,
  ): Promise<number>;

  /**
   * Turns an upload whose bytes are all here into an image, be it that they came in pieces or that their sender has put
   * them under the key of the original itself (`UploadPlaces`); repeating it is harmless. What is not a picture, or not
   * what was declared, becomes `rejected` and its bytes go.
   * @throws Failure `upload_not_found`, `offset_mismatch` (bytes are missing), `upload_in_progress`, or why the file
   *   was rejected
   */
  completePartial(tenantId: string, imageId: string): Promise<Landed>;
}

export interface Landed {
  readonly stored: StoredImage;
  /** false where an earlier call with the same key or the same bytes has made this image already */
  readonly created: boolean;
}

export interface Arrival extends ReservedArrival {
  readonly tenantId: string;
  readonly userId: string;
  readonly source: Source;
  /** as the sender wrote it; it is normalised here */
  readonly filename: string;
  /** the tenant's default pipeline where absent */
  readonly pipeline?: string;
  readonly tags?: Tags;
  /** 1..255 characters. A function makes it from the stored content, for senders that cannot name their request. */
  readonly idempotencyKey?: string | ((content: StoredObject) => string);
}

export interface ReservedArrival {
  readonly body: AsyncIterable<Uint8Array>;
  /** bytes, where the sender announced them (Content-Length): what comes must be as many */
  readonly size?: number;
  /** lower-case hex, where the sender announced it */
  readonly sha256?: string;
  readonly signal?: AbortSignal;
}

/** RFC 9110, 8.3.1. It is sent back as a header of the upload, so nothing may break out of a line. */
const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const MEDIA_TYPE = new RegExp(
  `^${TOKEN}/${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|"[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]*"))*$`,
);

/** The body of `POST /v1/upload`. */
export const UploadRequest = z.strictObject({
  filename: z
    .string()
    .max(8192)
    .describe('as the sender names it: data, never a path; `image` where it is empty'),
  content_type: z
    .string()
    .max(255)
    .regex(MEDIA_TYPE, { error: 'must be a media type such as image/jpeg' })
    .optional()
    .describe('a hint only: the type is sniffed from the bytes'),
  size: z.number().int().nonnegative().describe('bytes'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits')
    .optional(),
  pipeline: z.string().max(128).optional(),
  tags: Tags.optional(),
});
export type UploadRequest = z.infer<typeof UploadRequest>;

export interface Reservation {
  readonly tenantId: string;
  readonly userId: string;
  readonly source: 'signed_upload' | 'resumable';
  readonly request: UploadRequest;
  /** 1..255 characters */
  readonly idempotencyKey?: string;
}

/** An upload in pieces, as seen between two of them. */
export interface Pieces {
  readonly stored: StoredImage;
  /** bytes in all */
  readonly length: number;
  /** bytes that are durable; `length` once the image is received */
  readonly offset: number;
}

export interface IntakeDeps {
  readonly catalog: Catalog;
  readonly objects: ObjectStore;
  readonly partialUploads: PartialUploads;
  readonly pipelines: PipelineStore;
  readonly clock: Clock;
  /** Called after each commit: there is an event to hand on. */
  readonly wake: () => void;
  /** What links in records begin with; known only once the listener is up. */
  readonly publicUrl: () => string;
  /** milliseconds; life of an image of this tenant where its pipeline names none */
  readonly retentionMs: (tenantId: string) => number | Promise<number>;
  /** milliseconds; life of a reservation whose bytes never come */
  readonly uploadExpiryMs: number;
  /** bytes; a pipeline may allow less, never more */
  readonly maxUploadBytes: number;
  /** bytes; for the way `direct` */
  readonly maxDirectUploadBytes: number;
  /** quotas of the tenants; none where absent */
  readonly allowance?: Pick<Allowance, 'quotasOf' | 'assertRoom'>;
}
