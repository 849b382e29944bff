import { z } from 'zod';

/** The record of an image, as callers see it: one image, one record. JSON is snake_case, times are ISO 8601 UTC. */

export const STATUSES = [
  'awaiting_upload',
  'received',
  'processing',
  'ready',
  'rejected',
  'failed',
  'expired',
  'erased',
] as const;
export const SOURCES = [
  'signed_upload',
  'direct',
  'resumable',
  'folder',
  'bucket',
  'kafka',
  'batch',
] as const;
export const FORMATS = ['jpeg', 'png', 'gif', 'webp', 'avif', 'tiff'] as const;

export const Status = z.enum(STATUSES);
export type Status = z.infer<typeof Status>;
export const Source = z.enum(SOURCES);
export type Source = z.infer<typeof Source>;
/** Picture formats that Darkroom reads; it writes all of them but TIFF. */
export const Format = z.enum(FORMATS);
export type Format = z.infer<typeof Format>;

const Time = z.iso.datetime().describe('ISO 8601, UTC');
const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('lower-case hex');

const TAG_NAME = /^[A-Za-z0-9_.:/=+@-]{1,128}$/;
const TAG_NAME_WORDS = 'must have a name of 1 to 128 characters out of A-Za-z0-9_.:/=+@-';

/** Caller's own labels. At most 50, keys up to 128 characters, values up to 256: S3's bounds, with room. */
export const Tags = z.preprocess(
  refuseLostName,
  z
    .record(z.string().regex(TAG_NAME, { error: TAG_NAME_WORDS }), z.string().max(256))
    .refine((tags) => Object.keys(tags).length <= 50, { message: 'must be at most 50 tags' }),
);
export type Tags = z.infer<typeof Tags>;

/** Such a key of an object is its ancestor: zod leaves it out without a word. */
function refuseLostName(tags: unknown, { issues }: z.core.ParsePayload): unknown {
  if (typeof tags === 'object' && tags !== null && Object.hasOwn(tags, '__proto__')) {
    const message = 'cannot be the name of a tag; take another';
    issues.push({ code: 'custom', input: tags, path: ['__proto__'], message });
  }
  return tags;
}

export const Original = z.object({
  key: z.string(),
  filename: z.string().describe('as the sender named it: data, never a path'),
  content_type: z.string().describe('sniffed from the bytes, never believed'),
  format: Format.optional(),
  size: z.number().int().nonnegative().describe('bytes'),
  width: z.number().int().positive().optional().describe('pixels, as viewed: after EXIF orientation'),
  height: z.number().int().positive().optional().describe('pixels, as viewed: after EXIF orientation'),
  pages: z.number().int().positive().optional().describe('frames of an animation, 1 for a still'),
  sha256: Sha256,
  url: z.string().describe('signed by asking for it; needs credentials'),
});
export type Original = z.infer<typeof Original>;

export const Variant = z.object({
  name: z.string(),
  format: Format,
  key: z.string(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  size: z.number().int().positive(),
  sha256: Sha256,
  url: z.string(),
});
export type Variant = z.infer<typeof Variant>;

export const Placeholder = z.object({
  thumbhash: z.string().describe('base64'),
  dominant_color: z.string().regex(/^#[0-9a-f]{6}$/),
  aspect_ratio: z.number().positive().describe('width / height'),
});
export type Placeholder = z.infer<typeof Placeholder>;

const STEP_STATUSES = ['done', 'skipped', 'failed'] as const;
/** What one logical step of the pipeline did to this image. */
export const StepReport = z.object({
  name: z.string(),
  status: z.enum(STEP_STATUSES),
  started_at: Time,
  duration_ms: z.number().nonnegative(),
  attempts: z.number().int().positive(),
  note: z
    .string()
    .optional()
    .describe('what a person should know: "animation too long: a still of its first frame"'),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type StepReport = z.infer<typeof StepReport>;

const PipelineVersion = z.object({ name: z.string(), version: z.number().int().positive() });

export const ImageRecord = z.object({
  image_id: z.uuid(),
  tenant_id: z.string(),
  user_id: z.string(),
  status: Status,
  source: Source,
  original: Original.optional(),
  variants: z.array(Variant),
  processed_url: z.string().optional(),
  placeholder: Placeholder.optional(),
  metadata: z.record(z.string(), z.unknown()),
  analysis: z.record(z.string(), z.unknown()).optional(),
  tags: Tags,
  pipeline: PipelineVersion.describe('that made what is published'),
  steps: z.array(StepReport),
  error: z
    .object({ code: z.string(), message: z.string() })
    .optional()
    .describe(
      'why the image was rejected or failed; of an image that is ready, why the last reprocessing failed, which leaves what was published before as it is',
    ),
  upload_time: Time,
  processed_at: Time.optional(),
  expires_at: Time,
});
export type ImageRecord = z.infer<typeof ImageRecord>;

/** What an unfinished upload was promised to be. Kept beside the record until the bytes are here. */
export const Declared = z.object({
  filename: z.string(),
  content_type: z.string().optional(),
  size: z.number().int().nonnegative().optional(),
  sha256: Sha256.optional(),
});
export type Declared = z.infer<typeof Declared>;

/** A run under way: which generation it writes, and how often its renderer died. */
export const Run = z.object({
  generation: z.number().int().positive(),
  crashes: z.number().int().nonnegative(),
  /** the one that it runs, where that is not the one that made what is published */
  pipeline: PipelineVersion.optional(),
  /**
   * It is over and published nothing; what was published before stays. It is remembered for whoever takes its message
   * out of the dead letters, and so that its generation is not given to another run.
   */
  failed: z.literal(true).optional(),
});
export type Run = z.infer<typeof Run>;

/** A record with what only Darkroom itself needs to know. */
export interface StoredImage {
  readonly record: ImageRecord;
  /** counts writes: each write is conditional on the version that was read */
  readonly version: number;
  /** the published generation; 0 where nothing has been published */
  readonly generation: number;
  readonly run?: Run;
  readonly declared?: Declared;
}
