import type { StoredImage } from '../images/image.ts';
import { objectKeys } from '../images/keys.ts';
import { begin } from './begin-run.ts';
import { type Change, changeImage } from './change-image.ts';
import { makeOutputs, pipelineOf } from './make-outputs.ts';
import { filesToStore, type Publication, publishedImage, withVariants } from './publication.ts';
import type { Work } from './queue.ts';
import type { PipelineResult } from './run-pipeline.ts';
import { eventOf } from './worker-events.ts';
import type { Assignment, WorkerDeps } from './worker-ports.ts';

type RunWork = Extract<Work, { kind: 'run' }>;
type DeferredWork = Extract<Work, { kind: 'deferred' }>;

/**
 * Makes a generation of an image and publishes it: the files first, then one conditional write.
 *
 * @returns whether anything was published; not where it was done already, or the image is gone
 * @throws PipelineFailure, or whatever storage fails with; whatever aborted the signal
 */
export async function runGeneration(
  deps: WorkerDeps,
  work: RunWork,
  assignment: Assignment,
): Promise<boolean> {
  const stored = await begin(deps, work, assignment.delivery);
  if (!stored) return false;
  const { generation } = work;
  const old = await makeAndPublish(deps, stored, work, assignment, (before, publication) => {
    if (before.generation >= generation || !isRunning(before)) return undefined;
    const next = publishedImage(before, publication);
    return { next, events: [eventOf(before, 'image.ready', generation, publication.at)] };
  });
  if (!old) return false;
  if (old.generation > 0) await removeGeneration(deps, old);
  return true;
}

/** Adds one output to a published generation; otherwise as {@link runGeneration}. */
export async function addVariant(
  deps: WorkerDeps,
  work: DeferredWork,
  assignment: Assignment,
): Promise<boolean> {
  const stored = await deps.platform.catalog.read(work.tenant_id, work.image_id);
  if (!stored || !isWanted(stored, work)) return false;
  const old = await makeAndPublish(deps, stored, work, assignment, (before, publication) => {
    if (!isWanted(before, work)) return undefined;
    const next = withVariants(before, publication);
    return { next, events: [eventOf(before, 'image.variant_added', work.generation, publication.at)] };
  });
  return old !== undefined;
}

function isRunning({ record }: StoredImage): boolean {
  return record.status === 'processing' || record.status === 'ready';
}

function isWanted({ record, generation }: StoredImage, work: DeferredWork): boolean {
  const isThere = record.variants.some(({ name, format }) => name === work.variant && format === work.format);
  return record.status === 'ready' && generation === work.generation && !isThere;
}

/** @returns the record that was replaced; nothing where `decide` or the image's end left it alone */
async function makeAndPublish(
  deps: WorkerDeps,
  stored: StoredImage,
  work: Work,
  assignment: Assignment,
  decide: (before: StoredImage, publication: Publication) => Change | undefined,
): Promise<StoredImage | undefined> {
  const { catalog, objects } = deps.platform;
  const pipeline = await pipelineOf(deps, stored, work);
  const { document } = pipeline;
  const scratch = await objects.scratch();
  try {
    const result = await makeOutputs(deps, { stored, document, work, outDir: scratch.path }, assignment);
    reportSteps(deps, result);
    const publication = {
      pipeline,
      result,
      generation: work.generation,
      publicUrl: deps.publicUrl(),
      at: deps.clock.now(),
    };
    const { signal } = assignment;
    let replaced: StoredImage | undefined;
    try {
      await objects.putFiles(filesToStore(stored, publication), { signal });
      await assignment.assertHeld();
      replaced = (await changeImage(catalog, work, (before) => decide(before, publication)))?.before;
    } finally {
      if (!replaced) await removeIfGone(deps, work);
    }
    if (replaced) {
      deps.wake?.();
      deps.metrics?.bytesStored(result.rendered.outputs.reduce((sum, { size }) => sum + size, 0));
    }
    return replaced;
  } finally {
    await scratch.release();
  }
}

/** Whoever erased the image did not see the files that have just been stored. */
async function removeIfGone({ platform }: WorkerDeps, work: Work): Promise<void> {
  const { tenant_id: tenantId, image_id: imageId, generation } = work;
  if (await platform.catalog.read(tenantId, imageId)) return;
  await platform.objects.deletePrefix(objectKeys.generation(tenantId, imageId, generation));
}

/** What fails here is found by the next reconciliation. */
async function removeGeneration({ platform, log }: WorkerDeps, old: StoredImage): Promise<void> {
  const { tenant_id: tenantId, image_id: imageId } = old.record;
  try {
    await platform.objects.deletePrefix(objectKeys.generation(tenantId, imageId, old.generation));
  } catch (err) {
    log.warn({ err, image_id: imageId, generation: old.generation }, 'an old generation was not removed');
  }
}

function reportSteps({ metrics }: WorkerDeps, { steps }: PipelineResult): void {
  for (const step of steps) metrics?.stepEnded(step);
}
