import type { Tags } from '../images/image.ts';
import { newImageId, objectKeys } from '../images/keys.ts';
import type { StoredObject } from '../images/object-store.ts';
import { type BodyTerms, openBody } from './body.ts';
import { normaliseFilename } from './file-name.ts';
import type { Arrival, Intake, IntakeDeps, Landed } from './intake.ts';
import { assertIdempotencyKey, hashRequest, type Idempotency, land } from './land.ts';
import { createPieces } from './pieces.ts';
import { attributesOf, findPipeline, termsFor } from './records.ts';
import { reserve } from './reserve.ts';
import { createReserved } from './reserved.ts';
import { createUploadLocks } from './upload-locks.ts';

/** Longer than a holder takes that is asked to let go. */
const LONGEST_WAIT_MS = 10_000;

/** The ways in that the service, the CLI and the tests use. */
export function createIntake(deps: IntakeDeps): Intake {
  const locks = createUploadLocks({ waitMs: LONGEST_WAIT_MS });
  return {
    receive: (arrival) => receive(deps, arrival),
    reserve: (reservation) => reserve(deps, reservation),
    ...createReserved(deps, locks),
    ...createPieces(deps, locks),
  };
}

async function receive(deps: IntakeDeps, arrival: Arrival): Promise<Landed> {
  const { tenantId, userId, source, tags = {} } = arrival;
  if (typeof arrival.idempotencyKey === 'string') assertIdempotencyKey(arrival.idempotencyKey);
  const pipeline = await findPipeline(deps, tenantId, arrival.pipeline);
  await assertRoom(deps, arrival);
  const body = await openBody(arrival.body, { ...termsFor(deps, pipeline, source), ...announced(arrival) });
  const imageId = newImageId(deps.clock.now());
  const filename = normaliseFilename(arrival.filename);
  try {
    const content = await deps.objects.put(objectKeys.original(tenantId, imageId), body.bytes, {
      attributes: attributesOf(imageId, filename, body.format),
    });
    const landing = {
      tenantId,
      userId,
      imageId,
      source,
      filename,
      tags,
      pipeline,
      format: body.format,
      content,
    };
    return await land(deps, landing, idempotencyOf(arrival, filename, tags, content));
  } finally {
    body.close();
  }
}

/** What was received before is answered again, however full it has become. The folder's bytes are here already. */
async function assertRoom({ allowance, catalog }: IntakeDeps, arrival: Arrival): Promise<void> {
  const { tenantId, size, idempotencyKey: key } = arrival;
  if (!allowance || typeof key === 'function') return;
  if (key !== undefined && (await catalog.readByIdempotencyKey(tenantId, key))) return;
  await allowance.assertRoom(tenantId, size);
}

function announced({ size, sha256, signal }: Arrival): Pick<BodyTerms, 'size' | 'sha256' | 'signal'> {
  return {
    ...(size !== undefined && { size }),
    ...(sha256 !== undefined && { sha256 }),
    ...(signal && { signal }),
  };
}

/** The same request is the same bytes under the same name, with the same wishes. */
function idempotencyOf(
  { idempotencyKey, pipeline }: Arrival,
  filename: string,
  tags: Tags,
  content: StoredObject,
): Idempotency | undefined {
  if (idempotencyKey === undefined) return undefined;
  const key = typeof idempotencyKey === 'string' ? idempotencyKey : idempotencyKey(content);
  const requestHash = hashRequest([
    'receive',
    filename,
    pipeline,
    Object.entries(tags).sort(),
    content.sha256,
  ]);
  return { key, requestHash };
}
