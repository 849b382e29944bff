import type { Tags } from '../images/image.ts';
import { newImageId, objectKeys } from '../images/keys.ts';
import type { StoredObject } from '../images/object-store.ts';
import { openBody } from './body.ts';
import { createClaims } from './claims.ts';
import { normaliseFilename } from './file-name.ts';
import type { Arrival, Intake, IntakeDeps, Landed } from './intake.ts';
import { assertIdempotencyKey, hashRequest, type Idempotency, land } from './land.ts';
import { createPieces } from './pieces.ts';
import { attributesOf, findPipeline, termsFor } from './records.ts';
import { reserve } from './reserve.ts';
import { createReserved } from './reserved.ts';

/** The ways in that the service, the CLI and the tests use. */
export function createIntake(deps: IntakeDeps): Intake {
  const claims = createClaims();
  return {
    receive: (arrival) => receive(deps, arrival),
    reserve: (reservation) => reserve(deps, reservation),
    ...createReserved(deps, claims),
    ...createPieces(deps, claims),
  };
}

async function receive(deps: IntakeDeps, arrival: Arrival): Promise<Landed> {
  const { tenantId, userId, source, tags = {} } = arrival;
  if (typeof arrival.idempotencyKey === 'string') assertIdempotencyKey(arrival.idempotencyKey);
  const pipeline = await findPipeline(deps, tenantId, arrival.pipeline);
  const body = await openBody(arrival.body, { ...termsFor(deps, pipeline, source), ...announced(arrival) });
  const imageId = newImageId(deps.clock.now());
  const filename = normaliseFilename(arrival.filename);
  try {
    const content = await deps.objects.put(objectKeys.original(tenantId, imageId), body.bytes, {
      attributes: attributesOf(imageId, filename, body.format),
      ...(arrival.signal && { signal: arrival.signal }),
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

function announced({ size, sha256 }: Arrival): { size?: number; sha256?: string } {
  return { ...(size !== undefined && { size }), ...(sha256 !== undefined && { sha256 }) };
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
