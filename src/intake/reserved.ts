import { isFailure } from '../failures.ts';
import type { StoredImage } from '../images/image.ts';
import { objectKeys } from '../images/keys.ts';
import type { StoredObject } from '../images/object-store.ts';
import {
  type BodyTerms,
  fingerprint,
  hasContent,
  type OpenedBody,
  openBody,
  wrongChecksum,
  wrongLength,
} from './body.ts';
import type { Intake, IntakeDeps, Landed, ReservedArrival } from './intake.ts';
import { alreadyUploaded, imageGone, land } from './land.ts';
import { attributesOf, declaredOf, findPipeline, landingOf, termsFor } from './records.ts';
import { inProgress, type UploadLocks } from './upload-locks.ts';

/**
 * How long a PUT may go on when its sender has begun another one: the first may be nearly done, or its connection may
 * be dead without anybody having noticed.
 */
const GRACE_MS = 2_000;

/** The signed PUT: one file for one reservation, once. */
export function createReserved(deps: IntakeDeps, locks: UploadLocks): Pick<Intake, 'receiveReserved'> {
  return {
    receiveReserved: (tenantId, imageId, arrival) => {
      const overtaken = new AbortController();
      const letGo = () => setTimeout(() => overtaken.abort(), GRACE_MS).unref();
      const signal = arrival.signal ? AbortSignal.any([arrival.signal, overtaken.signal]) : overtaken.signal;
      const work = async () => {
        const before = await deps.catalog.read(tenantId, imageId);
        if (before === undefined) throw imageGone(imageId);
        if (before.record.status === 'awaiting_upload')
          return await fulfil(deps, before, { ...arrival, signal });
        return await repeated(before, { ...arrival, signal });
      };
      return locks.hold(imageId, work, { letGo, ...(arrival.signal && { signal: arrival.signal }) });
    },
  };
}

/** A body that the sender and a later sender may both stop. */
type StoppableArrival = ReservedArrival & { readonly signal: AbortSignal };

async function fulfil(deps: IntakeDeps, before: StoredImage, arrival: StoppableArrival): Promise<Landed> {
  const { tenant_id: tenantId, image_id: imageId, pipeline } = before.record;
  const stored = await findPipeline(deps, tenantId, pipeline.name, pipeline.version);
  const body = await openBody(arrival.body, {
    ...termsFor(deps, stored, 'signed_upload'),
    ...promised(before, arrival),
    signal: arrival.signal,
  });
  try {
    const content = await keep(deps, before, body);
    const landed = await land(deps, {
      ...landingOf(before, stored),
      source: 'signed_upload',
      format: body.format,
      content,
    });
    // Somebody may have begun to send the same file in pieces.
    await deps.partialUploads.remove(tenantId, imageId);
    return landed;
  } finally {
    body.close();
  }
}

/** What was declared with the reservation binds; what is announced with the bytes must not contradict it. */
function promised(before: StoredImage, arrival: ReservedArrival): Pick<BodyTerms, 'size' | 'sha256'> {
  const declared = declaredOf(before);
  if (arrival.size !== undefined && arrival.size !== declared.size) {
    throw wrongLength(declared.size, String(arrival.size));
  }
  const sha256 = declared.sha256 ?? arrival.sha256;
  if (arrival.sha256 !== undefined && arrival.sha256 !== sha256) throw wrongChecksum();
  return { size: declared.size, ...(sha256 !== undefined && { sha256 }) };
}

async function keep(
  { objects }: IntakeDeps,
  { record, declared }: StoredImage,
  body: OpenedBody,
): Promise<StoredObject> {
  const key = objectKeys.original(record.tenant_id, record.image_id);
  if (await objects.head(key)) return await keptBefore({ objects }, key, body);
  try {
    return await objects.put(key, body.bytes, {
      ifAbsent: true,
      attributes: attributesOf(record.image_id, declared?.filename ?? '', body.format),
    });
  } catch (error) {
    throw isFailure(error, 'object_exists') ? inProgress() : error;
  }
}

/** A crash between the bytes and the record left the bytes: the sender, who had no answer, comes again. */
async function keptBefore(
  { objects }: Pick<IntakeDeps, 'objects'>,
  key: string,
  body: OpenedBody,
): Promise<StoredObject> {
  const { stream } = await objects.read(key);
  const kept = await fingerprint(stream);
  if (!(await hasContent(body.bytes, kept))) throw inProgress();
  return kept;
}

/** The answer to the first time was lost on its way: the same bytes get it again, others are refused. */
async function repeated(stored: StoredImage, arrival: StoppableArrival): Promise<Landed> {
  const { original } = stored.record;
  const isSameSize = arrival.size === undefined || arrival.size === original?.size;
  if (original && isSameSize && (await hasContent(arrival.body, original, arrival.signal)))
    return { stored, created: false };
  throw alreadyUploaded();
}
