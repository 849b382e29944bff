import { newImageId } from '../images/keys.ts';
import { assertSize } from './body.ts';
import { normaliseFilename } from './file-name.ts';
import type { IntakeDeps, Landed, Reservation } from './intake.ts';
import { assertIdempotencyKey, hashRequest, type Idempotency } from './land.ts';
import { findPipeline, reservedImage, termsFor } from './records.ts';

/** Promises a place: what can be refused before a single byte is sent is refused here. */
export async function reserve(deps: IntakeDeps, reservation: Reservation): Promise<Landed> {
  const { tenantId, source, request } = reservation;
  const idempotency = idempotencyOf(reservation);
  const pipeline = await findPipeline(deps, tenantId, request.pipeline);
  assertSize(request.size, termsFor(deps, pipeline, source).maxBytes);

  const now = deps.clock.now();
  const imageId = newImageId(now);
  const event = {
    type: 'image.awaiting_upload',
    tenantId,
    imageId,
    status: 'awaiting_upload',
    at: now,
  } as const;
  const within = await deps.allowance?.quotasOf(tenantId);
  const landed = await deps.catalog.create(reservedImage(deps, reservation, imageId, pipeline), {
    events: [event],
    ...(idempotency && { idempotency }),
    ...(within && { within }),
  });
  if (landed.created) deps.wake();
  return landed;
}

function idempotencyOf({ idempotencyKey, request }: Reservation): Idempotency | undefined {
  if (idempotencyKey === undefined) return undefined;
  assertIdempotencyKey(idempotencyKey);
  const { filename, content_type = null, size, sha256 = null, pipeline = null, tags = {} } = request;
  const wishes = [
    normaliseFilename(filename),
    content_type,
    size,
    sha256,
    pipeline,
    Object.entries(tags).sort(),
  ];
  return { key: idempotencyKey, requestHash: hashRequest(['reserve', ...wishes]) };
}
