import { createHash } from 'node:crypto';
import { Failure, isFailure } from '../failures.ts';
import { laneBySource } from '../images/events.ts';
import type { StoredImage } from '../images/image.ts';
import { objectKeys } from '../images/keys.ts';
import type { IntakeDeps, Landed } from './intake.ts';
import { type Landing, receivedImage } from './records.ts';

/** Names a request of a tenant, so that repeating it makes no second image. */
export interface Idempotency {
  readonly key: string;
  /** what the request was: another one under the same key is a mistake */
  readonly requestHash: string;
}

/**
 * Where all ways in end. The bytes are durable under the image's key; now the record is committed as `received`, in
 * one transaction with the event that starts its processing. Where that does not happen, the bytes go again.
 *
 * @throws Failure `idempotency_conflict`, `image_not_found` (the reservation went meanwhile), `already_uploaded`
 */
export async function land(deps: IntakeDeps, landing: Landing, idempotency?: Idempotency): Promise<Landed> {
  const landed = await commit(deps, landing, idempotency);
  if (landed.created) deps.wake();
  else await removeBytes(deps, landing);
  return landed;
}

async function commit(deps: IntakeDeps, landing: Landing, idempotency?: Idempotency): Promise<Landed> {
  const { before } = landing;
  try {
    const image = await receivedImage(deps, landing);
    const event = {
      type: 'image.received',
      tenantId: landing.tenantId,
      imageId: landing.imageId,
      status: 'received',
      generation: image.generation + 1,
      lane: laneBySource[landing.source],
      at: deps.clock.now(),
    } as const;
    if (before) return { stored: await deps.catalog.replace(before, image, [event]), created: true };
    // What was promised a place has been counted with its promise.
    const within = await deps.allowance?.quotasOf(landing.tenantId);
    return await deps.catalog.create(image, {
      events: [event],
      ...(idempotency && { idempotency }),
      ...(within && { within }),
    });
  } catch (error) {
    return await afterFailedCommit(deps, landing, error);
  }
}

/**
 * A commit that failed may still have happened: the connection to the catalog broke after it. Bytes are only removed
 * where the catalog itself says that no record names them.
 */
async function afterFailedCommit(deps: IntakeDeps, landing: Landing, error: unknown): Promise<Landed> {
  const { tenantId, imageId, content } = landing;
  let found: StoredImage | undefined;
  try {
    found = await deps.catalog.read(tenantId, imageId);
  } catch {
    throw error;
  }
  const original = found?.record.original;
  if (found && original) {
    if (original.sha256 === content.sha256) return { stored: found, created: true };
    throw alreadyUploaded();
  }
  await removeBytes(deps, landing);
  throw found === undefined && isFailure(error, 'stale_write') ? imageGone(imageId) : error;
}

/** What cannot be removed now is an orphan, which `reconcile` finds: the first failure is the one to report. */
async function removeBytes({ objects }: IntakeDeps, { tenantId, imageId }: Landing): Promise<void> {
  await objects.delete([objectKeys.original(tenantId, imageId)]).catch(() => {});
}

/** @param parts what makes the request what it is, as plain data */
export function hashRequest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** @throws Failure `invalid_request` */
export function assertIdempotencyKey(key: string): void {
  if (key.length >= 1 && key.length <= 255) return;
  throw new Failure('invalid_request', 'An idempotency key has 1 to 255 characters. A UUID will do.');
}

export function imageGone(imageId: string): Failure {
  return new Failure('image_not_found', `There is no image ${imageId}. It may have expired or been erased.`);
}

export function alreadyUploaded(): Failure {
  return new Failure(
    'already_uploaded',
    'This upload has already been completed with other bytes. Ask for a new upload.',
  );
}
