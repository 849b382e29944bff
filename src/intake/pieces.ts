import { Failure, type FailureCode, isFailure, reactions } from '../failures.ts';
import type { StoredImage } from '../images/image.ts';
import { objectKeys } from '../images/keys.ts';
import type { StoredObject } from '../images/object-store.ts';
import type { StoredPipeline } from '../pipeline/pipeline-store.ts';
import type { PictureFormat } from '../pixels/picture.ts';
import { SNIFF_BYTES } from '../pixels/sniff.ts';
import { fingerprint, peek, recognise, uninterrupted, wrongChecksum, wrongLength } from './body.ts';
import type { Intake, IntakeDeps, Landed, Pieces } from './intake.ts';
import { alreadyUploaded, land } from './land.ts';
import { declaredOf, findPipeline, landingOf, rejectedImage, termsFor } from './records.ts';
import type { UploadLocks } from './upload-locks.ts';

/** Files that come in pieces, over hours and broken links: what the resumable protocol works on. */
export function createPieces(
  deps: IntakeDeps,
  locks: UploadLocks,
): Pick<Intake, 'pieces' | 'addPiece' | 'completePartial'> {
  const { partialUploads } = deps;

  const completePartial: Intake['completePartial'] = (tenantId, imageId) =>
    locks.hold(imageId, async () => {
      const before = await find(deps, tenantId, imageId);
      return before.record.status === 'awaiting_upload' ? complete(deps, before) : settled(deps, before);
    });

  return {
    completePartial,

    async pieces(tenantId, imageId) {
      const before = await find(deps, tenantId, imageId);
      const soFar = before.record.status === 'awaiting_upload' ? await progress(deps, before) : undefined;
      if (soFar && soFar.offset < soFar.length) return soFar;
      const { stored } = await completePartial(tenantId, imageId);
      const length = stored.record.original?.size ?? 0;
      return { stored, length, offset: length };
    },

    async addPiece(tenantId, imageId, offset, body, options = {}) {
      const before = await find(deps, tenantId, imageId);
      if (before.record.status !== 'awaiting_upload') return nothingMore(await settled(deps, before), offset);
      const { size: length } = declaredOf(before);
      const piece = await peek(uninterrupted(body), SNIFF_BYTES);
      try {
        // With a checksum, bytes may have been damaged on their way: nothing is concluded from them yet.
        if (offset === 0 && !options.checksum)
          await locks.hold(imageId, () => glance(deps, before, piece.head));
        await partialUploads.start({ tenantId, imageId, length });
        const reached = await partialUploads.append(tenantId, imageId, offset, piece.bytes, options);
        if (reached === length) await completePartial(tenantId, imageId);
        return reached;
      } finally {
        piece.close();
      }
    },
  };
}

/** Refuses what is no picture by its first bytes, before its sender has spent hours on the rest. */
async function glance(deps: IntakeDeps, before: StoredImage, head: Uint8Array): Promise<void> {
  if (head.length < SNIFF_BYTES) return;
  const pipeline = await pipelineOf(deps, before);
  await orReject(deps, before, pipeline, async () => recognise(head, formatsOf(deps, pipeline)));
}

/** How far the upload is, as last made durable. All bytes are here where a crash came just before the record. */
async function progress({ objects, partialUploads }: IntakeDeps, stored: StoredImage): Promise<Pieces> {
  const { size: length } = declaredOf(stored);
  const partial = await partialUploads.find(stored.record.tenant_id, stored.record.image_id);
  if (partial) return { stored, length, offset: partial.offset };
  const original = await objects.head(keyOf(stored));
  return { stored, length, offset: original ? length : 0 };
}

async function complete(deps: IntakeDeps, before: StoredImage): Promise<Landed> {
  const { length, offset } = await progress(deps, before);
  if (offset < length) {
    throw new Failure('offset_mismatch', `Only ${offset} of ${length} bytes are here. Send the rest first.`);
  }
  const pipeline = await pipelineOf(deps, before);
  const { content, inPieces } = await collect(deps, before);
  const format = await orReject(deps, before, pipeline, () => judge(deps, before, pipeline, content));
  const source = inPieces ? 'resumable' : 'signed_upload';
  const landed = await land(deps, { ...landingOf(before, pipeline), source, format, content });
  await deps.partialUploads.remove(before.record.tenant_id, before.record.image_id);
  return landed;
}

/** Moves the bytes under the image's key, or finds them there already: the sender has put them there all at once. */
async function collect(
  { objects, partialUploads }: IntakeDeps,
  before: StoredImage,
): Promise<{ content: StoredObject; inPieces: boolean }> {
  const { tenant_id: tenantId, image_id: imageId } = before.record;
  if (await partialUploads.find(tenantId, imageId)) {
    return { content: await partialUploads.complete(tenantId, imageId, keyOf(before)), inPieces: true };
  }
  return { content: await fingerprint((await objects.read(keyOf(before))).stream), inPieces: false };
}

async function judge(
  deps: IntakeDeps,
  before: StoredImage,
  pipeline: StoredPipeline,
  content: StoredObject,
): Promise<PictureFormat> {
  const { size, sha256 } = declaredOf(before);
  if (size !== content.size) throw wrongLength(size, String(content.size));
  if (sha256 !== undefined && sha256 !== content.sha256) throw wrongChecksum();
  const range = { start: 0, end: Math.min(SNIFF_BYTES, content.size) - 1 };
  const { stream } = await deps.objects.read(keyOf(before), { range });
  const { head, close } = await peek(stream, SNIFF_BYTES);
  close();
  return recognise(head, formatsOf(deps, pipeline));
}

/** What the sender is guilty of ends the upload: the record says why, then the bytes go. */
async function orReject<T>(
  deps: IntakeDeps,
  before: StoredImage,
  pipeline: StoredPipeline,
  check: () => Promise<T>,
): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (!isFailure(error, 'unsupported_format', 'checksum_mismatch', 'length_mismatch')) throw error;
    const { tenant_id: tenantId, image_id: imageId } = before.record;
    await deps.catalog.replace(before, await rejectedImage(deps, before, pipeline, error), [
      {
        type: 'image.rejected',
        tenantId,
        imageId,
        status: 'rejected',
        errorCode: error.code,
        at: deps.clock.now(),
      },
    ]);
    deps.wake();
    await removeBytes(deps, before);
    throw error;
  }
}

/**
 * The upload came to its end before: by another way, or the answer was lost.
 * @throws Failure why it was rejected
 */
async function settled(deps: IntakeDeps, stored: StoredImage): Promise<Landed> {
  const { original, error, tenant_id: tenantId, image_id: imageId } = stored.record;
  if (original) {
    await deps.partialUploads.remove(tenantId, imageId);
    return { stored, created: false };
  }
  await removeBytes(deps, stored);
  const code = error && Object.hasOwn(reactions, error.code) ? (error.code as FailureCode) : 'internal';
  throw new Failure(code, error?.message ?? `Image ${imageId} has no original.`);
}

async function removeBytes({ objects, partialUploads }: IntakeDeps, before: StoredImage): Promise<void> {
  await partialUploads.remove(before.record.tenant_id, before.record.image_id);
  await objects.delete([keyOf(before)]);
}

/** A last piece that is sent again has nothing to add. @throws Failure `already_uploaded` */
function nothingMore({ stored }: Landed, offset: number): number {
  if (offset === stored.record.original?.size) return offset;
  throw alreadyUploaded();
}

async function find({ catalog }: IntakeDeps, tenantId: string, imageId: string): Promise<StoredImage> {
  const found = await catalog.read(tenantId, imageId);
  if (found) return found;
  throw new Failure(
    'upload_not_found',
    `There is no upload ${imageId}. It may have expired or been ended. Begin a new one.`,
  );
}

function pipelineOf(deps: IntakeDeps, { record }: StoredImage): Promise<StoredPipeline> {
  return findPipeline(deps, record.tenant_id, record.pipeline.name, record.pipeline.version);
}

function formatsOf(deps: IntakeDeps, pipeline: StoredPipeline): readonly PictureFormat[] {
  return termsFor(deps, pipeline, 'resumable').formats;
}

function keyOf({ record }: StoredImage): string {
  return objectKeys.original(record.tenant_id, record.image_id);
}
