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
import { type Claims, inProgress } from './claims.ts';
import type { Intake, IntakeDeps, Landed, ReservedArrival } from './intake.ts';
import { alreadyUploaded, imageGone, land } from './land.ts';
import { attributesOf, declaredOf, findPipeline, landingOf, termsFor } from './records.ts';

/** The signed PUT: one file for one reservation, once. */
export function createReserved(deps: IntakeDeps, claims: Claims): Pick<Intake, 'receiveReserved'> {
  return {
    receiveReserved: (tenantId, imageId, arrival) =>
      claims.hold(imageId, async () => {
        const before = await deps.catalog.read(tenantId, imageId);
        if (before === undefined) throw imageGone(imageId);
        if (before.record.status === 'awaiting_upload') return await fulfil(deps, before, arrival);
        return await repeated(before, arrival);
      }),
  };
}

async function fulfil(deps: IntakeDeps, before: StoredImage, arrival: ReservedArrival): Promise<Landed> {
  const { tenant_id: tenantId, image_id: imageId, pipeline } = before.record;
  const stored = await findPipeline(deps, tenantId, pipeline.name, pipeline.version);
  const body = await openBody(arrival.body, {
    ...termsFor(deps, stored, 'signed_upload'),
    ...promised(before, arrival),
  });
  try {
    const content = await keep(deps, before, body, arrival.signal);
    const landed = await land(deps, {
      ...landingOf(before, stored),
      source: 'signed_upload',
      format: body.format,
      content,
    });
    // Somebody may have begun to send the same file in pieces.
    await deps.partialUploads.remove(imageId);
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
  signal: AbortSignal | undefined,
): Promise<StoredObject> {
  const key = objectKeys.original(record.tenant_id, record.image_id);
  if (await objects.head(key)) return await keptBefore({ objects }, key, body);
  try {
    return await objects.put(key, body.bytes, {
      ifAbsent: true,
      attributes: attributesOf(record.image_id, declared?.filename ?? '', body.format),
      ...(signal && { signal }),
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
async function repeated(stored: StoredImage, arrival: ReservedArrival): Promise<Landed> {
  const { original } = stored.record;
  const isSameSize = arrival.size === undefined || arrival.size === original?.size;
  if (original && isSameSize && (await hasContent(arrival.body, original))) return { stored, created: false };
  throw alreadyUploaded();
}
