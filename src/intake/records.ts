import { Failure } from '../failures.ts';
import type { NewImage } from '../images/catalog.ts';
import { isoTime } from '../images/clock.ts';
import type { Declared, Source, StoredImage, Tags } from '../images/image.ts';
import { mediaTypes, objectKeys } from '../images/keys.ts';
import type { ObjectAttributes, StoredObject } from '../images/object-store.ts';
import { maxBytes, probeLimits, retentionMs } from '../pipeline/document.ts';
import type { StoredPipeline } from '../pipeline/pipeline-store.ts';
import type { PictureFormat } from '../pixels/picture.ts';
import type { BodyTerms } from './body.ts';
import { normaliseFilename } from './file-name.ts';
import type { IntakeDeps, Reservation } from './intake.ts';

/** A picture whose bytes are stored and whose record is about to be. */
export interface Landing {
  readonly tenantId: string;
  readonly userId: string;
  readonly imageId: string;
  readonly source: Source;
  /** normalised */
  readonly filename: string;
  readonly tags: Tags;
  readonly pipeline: StoredPipeline;
  readonly format: PictureFormat;
  readonly content: StoredObject;
  /** the reservation that it fulfils */
  readonly before?: StoredImage;
}

/** The record as it is once the bytes are here. Its life is counted from now, also where a place was reserved. */
export async function receivedImage(deps: IntakeDeps, landing: Landing): Promise<NewImage> {
  const { tenantId, imageId, content, format, pipeline } = landing;
  const life = await lifeOf(deps, tenantId, pipeline);
  const now = deps.clock.now();
  return {
    generation: 0,
    record: {
      image_id: imageId,
      tenant_id: tenantId,
      user_id: landing.userId,
      status: 'received',
      source: landing.source,
      original: {
        key: objectKeys.original(tenantId, imageId),
        filename: landing.filename,
        content_type: mediaTypes[format],
        format,
        size: content.size,
        sha256: content.sha256,
        url: `${deps.publicUrl()}/v1/image/${imageId}/original`,
      },
      ...empty,
      tags: landing.tags,
      pipeline: { name: pipeline.name, version: pipeline.version },
      upload_time: isoTime(now),
      expires_at: isoTime(now + life),
    },
  };
}

export function reservedImage(
  deps: IntakeDeps,
  { tenantId, userId, source, request }: Reservation,
  imageId: string,
  pipeline: StoredPipeline,
): NewImage {
  const now = deps.clock.now();
  const { content_type, sha256, size } = request;
  return {
    generation: 0,
    declared: {
      filename: normaliseFilename(request.filename),
      size,
      ...(content_type !== undefined && { content_type }),
      ...(sha256 !== undefined && { sha256 }),
    },
    record: {
      image_id: imageId,
      tenant_id: tenantId,
      user_id: userId,
      status: 'awaiting_upload',
      source,
      ...empty,
      tags: request.tags ?? {},
      pipeline: { name: pipeline.name, version: pipeline.version },
      upload_time: isoTime(now),
      expires_at: isoTime(now + deps.uploadExpiryMs),
    },
  };
}

/** A reservation whose file was no good: kept for as long as an image would be, so that its sender can read why. */
export async function rejectedImage(
  deps: IntakeDeps,
  before: StoredImage,
  pipeline: StoredPipeline,
  { code, message }: Failure,
): Promise<NewImage> {
  const { version: _, ...image } = before;
  const life = await lifeOf(deps, before.record.tenant_id, pipeline);
  const now = deps.clock.now();
  return {
    ...image,
    record: {
      ...before.record,
      status: 'rejected',
      error: { code, message },
      processed_at: isoTime(now),
      expires_at: isoTime(now + life),
    },
  };
}

/** How long an image lives: as its pipeline says, else its tenant, else the service. Milliseconds. */
async function lifeOf(deps: IntakeDeps, tenantId: string, { document }: StoredPipeline): Promise<number> {
  return retentionMs(document, await deps.retentionMs(tenantId));
}

/** What a reservation promised. */
export function declaredOf({ record, declared }: StoredImage): Declared & { size: number } {
  if (declared?.size === undefined)
    throw new Error(`${record.image_id} waits for a file that nobody declared`);
  return { ...declared, size: declared.size };
}

/** What of a landing is known since the reservation. */
export function landingOf(
  before: StoredImage,
  pipeline: StoredPipeline,
): Omit<Landing, 'source' | 'format' | 'content'> & { before: StoredImage } {
  const { tenant_id: tenantId, user_id: userId, image_id: imageId, tags } = before.record;
  return { tenantId, userId, imageId, tags, filename: declaredOf(before).filename, pipeline, before };
}

const empty = { variants: [], metadata: {}, steps: [] };

const DEFAULT_PIPELINE = 'default';

/** @throws Failure `pipeline_not_found` */
export async function findPipeline(
  { pipelines }: IntakeDeps,
  tenantId: string,
  name: string = DEFAULT_PIPELINE,
  version?: number,
): Promise<StoredPipeline> {
  const found = await pipelines.get(tenantId, name, version);
  if (found) return found;
  throw new Failure(
    'pipeline_not_found',
    `There is no pipeline ${JSON.stringify(name)}. GET /v1/pipelines lists those that there are.`,
  );
}

/** What a file that comes this way has to keep to: the way and the pipeline may each allow less. */
export function termsFor(
  deps: IntakeDeps,
  { document }: StoredPipeline,
  source: Source,
): Pick<BodyTerms, 'maxBytes' | 'formats'> {
  const ofTheWay = source === 'direct' ? deps.maxDirectUploadBytes : deps.maxUploadBytes;
  return { maxBytes: Math.min(ofTheWay, maxBytes(document)), formats: probeLimits(document).formats };
}

/** What is kept beside the bytes of an original; headers of S3 take ASCII only. */
export function attributesOf(imageId: string, filename: string, format: PictureFormat): ObjectAttributes {
  return {
    contentType: mediaTypes[format],
    metadata: { 'image-id': imageId, filename: encodeURIComponent(filename), status: 'received' },
  };
}
