import type { Attestor } from '../audit/attestation.ts';
import { SYSTEM } from '../audit/entry.ts';
import { Failure, isFailure } from '../failures.ts';
import { isoTime } from '../images/clock.ts';
import type { StoredImage } from '../images/image.ts';
import { isGone } from '../images/states.ts';
import type { DoomedImage, Erasure, Erasures, PersonKeeper, Receipt, SignedReceipt } from './erasure.ts';
import { SEARCHED, signReceipt } from './erasure.ts';
import type { RetentionPorts } from './ports.ts';
import { purge } from './purge.ts';
import { bury } from './tombstone.ts';

export interface ErasePersonDeps {
  readonly ports: RetentionPorts;
  readonly erasures: Erasures;
  readonly keepers: readonly PersonKeeper[];
  readonly attestor: Attestor;
  readonly signal?: AbortSignal;
}

/** Something of the person is where nobody could take it away: what others wrote, for instance. It is tried again. */
export class StillFound extends Failure {
  constructor(places: readonly string[]) {
    super('internal', `Something of the person is still found: ${places.slice(0, 10).join('; ')}.`);
  }
}

/** Images noted at a time, before any of them is touched. */
const BATCH = 100;
/** How often everything is looked through again when something was still found. */
const ROUNDS = 3;

/**
 * Carries an erasure to its end: accounts and keys first, so that nobody can go on; then image by image; then a search
 * that must find nothing; then the receipt. Every step may be repeated: after a crash it simply begins again, and what
 * was destroyed before is known from the notes.
 *
 * @throws StillFound after several rounds
 */
export async function erasePerson(deps: ErasePersonDeps, erasure: Erasure): Promise<SignedReceipt> {
  const { erasures } = deps;
  const texts = await notedTexts(deps, erasure);
  let found: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await forgetElsewhere(deps, erasure, texts);
    await eraseImages(deps, erasure);
    await erasures.emptyLog();
    found = await erasures.search(erasure, texts);
    if (found.length > 0) continue;
    // Nothing holds them now but our own note.
    await erasures.dropTexts(erasure.erasureId);
    await erasures.emptyLog();
    return await finish(deps, erasure);
  }
  throw new StillFound(found);
}

/** Durable before anything is forgotten: who has no account any more has no address to look for either. */
async function notedTexts(
  { erasures, keepers }: ErasePersonDeps,
  { tenantId, userId, erasureId }: Erasure,
): Promise<readonly string[]> {
  for (const keeper of keepers) {
    const texts = await keeper.textsOf?.({ tenantId, userId });
    if (texts) await erasures.noteTexts(erasureId, texts);
  }
  return erasures.texts(erasureId);
}

async function forgetElsewhere(
  { erasures, keepers }: ErasePersonDeps,
  erasure: Erasure,
  texts: readonly string[],
): Promise<void> {
  const { tenantId, userId, erasureId } = erasure;
  const who = { tenantId, userId };
  for (const keeper of keepers) {
    await erasures.noteDestroyed(erasureId, await keeper.forget(who, texts));
  }
  await erasures.noteDestroyed(erasureId, await erasures.scrub(who));
}

async function eraseImages(deps: ErasePersonDeps, erasure: Erasure): Promise<void> {
  const { erasures, signal } = deps;
  await finishDoomed(deps, erasure);
  for (;;) {
    signal?.throwIfAborted();
    const images = await erasures.imagesOf(erasure, BATCH);
    if (images.length === 0) return;
    await erasures.doom(erasure.erasureId, images.map(doomedFrom));
    for (const { record } of images) await eraseDoomed(deps, erasure, record.image_id);
  }
}

/** What a crash left between the note and the deed. */
async function finishDoomed(deps: ErasePersonDeps, erasure: Erasure): Promise<void> {
  for (const { imageId, erasedAt } of await deps.erasures.doomed(erasure.erasureId)) {
    if (erasedAt === undefined) await eraseDoomed(deps, erasure, imageId);
  }
}

async function eraseDoomed(
  { ports, erasures, signal }: ErasePersonDeps,
  { tenantId, userId, erasureId }: Erasure,
  imageId: string,
): Promise<void> {
  signal?.throwIfAborted();
  const tombstone = await buryAny(ports, tenantId, imageId);
  if (tombstone) await purge(ports, tombstone);
  await erasures.erased({ tenantId, userId }, erasureId, imageId);
}

/** Whatever its state: also what has expired and waits to be swept. Nothing where its tombstone is forgotten already. */
async function buryAny(
  ports: RetentionPorts,
  tenantId: string,
  imageId: string,
): Promise<StoredImage | undefined> {
  for (;;) {
    const image = await ports.upkeep.readAny(tenantId, imageId);
    if (!image || isGone(image.record.status)) return image;
    try {
      return await bury(ports, image, 'erased');
    } catch (error) {
      // The worker was faster; it stops at the tombstone.
      if (!isFailure(error, 'stale_write')) throw error;
    }
  }
}

function doomedFrom({ record }: StoredImage): DoomedImage {
  const { image_id: imageId, original, variants } = record;
  const sizes = [...(original ? [original.size] : []), ...variants.map(({ size }) => size)];
  return {
    imageId,
    ...(original?.sha256 !== undefined && { sha256: original.sha256 }),
    objects: sizes.length,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
  };
}

async function finish(
  { erasures, attestor, ports }: ErasePersonDeps,
  erasure: Erasure,
): Promise<SignedReceipt> {
  const { erasureId, tenantId, userId } = erasure;
  const now = ports.clock.now();
  const images = await erasures.doomed(erasureId);
  const receipt: Receipt = {
    v: 1,
    erasure_id: erasureId,
    tenant_id: tenantId,
    user_id: userId,
    asked_by: erasure.askedBy,
    asked_at: isoTime(erasure.askedAt),
    finished_at: isoTime(now),
    images: images.map(({ imageId, sha256, objects, bytes, erasedAt }) => ({
      image_id: imageId,
      sha256: sha256 ?? null,
      objects,
      bytes,
      erased_at: isoTime(erasedAt ?? now),
    })),
    destroyed: await erasures.destroyed(erasureId),
    searched: SEARCHED,
    found: 0,
  };
  const signed = await signReceipt(attestor, receipt);
  await erasures.finish(erasureId, signed, {
    tenant_id: tenantId,
    actor: SYSTEM,
    action: 'user.erased',
    outcome: 'allowed',
    target: userId,
    details: { erasure: erasureId, images: images.length },
  });
  return signed;
}
