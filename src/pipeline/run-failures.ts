import type { Failure, FailureCode } from '../failures.ts';
import type { NewImage } from '../images/catalog.ts';
import type { StepReport, StoredImage } from '../images/image.ts';
import { type Change, changeImage } from './change-image.ts';
import type { Delivery, Work } from './queue.ts';
import { retryDelayMs, scattered } from './retry-delay.ts';
import { PipelineFailure } from './run-pipeline.ts';
import { eventOf } from './worker-events.ts';
import type { WorkerDeps, WorkOutcome } from './worker-ports.ts';

/** What is done with the message, and how that counts. */
export interface Verdict {
  readonly outcome: WorkOutcome;
  readonly message:
    | { readonly do: 'complete' }
    /** it is somebody else's */
    | { readonly do: 'leave' }
    | { readonly do: 'release'; readonly delayMs: number; readonly refund: boolean }
    | { readonly do: 'bury'; readonly reason: { readonly code: string; readonly message: string } };
}

/** Receives after which a message that still fails is put aside. */
export const MOST_RECEIVES = 5;
/** Renderers that one image may take down. */
export const MOST_CRASHES = 3;

/** The service is unwell, whatever the image: its attempts are not used up by that. */
const OUR_TROUBLES: ReadonlySet<FailureCode> = new Set([
  'overloaded',
  'shutting_down',
  'renderers_unavailable',
  'storage_unavailable',
  'storage_full',
]);
const TROUBLE_PAUSE_MS = 4000;

/**
 * Decides by the table of failures what becomes of work that failed, and writes it into the record. Crashes are
 * counted there before the message goes back, so that an image that takes down whatever touches it comes to an end.
 */
export async function judge(deps: WorkerDeps, delivery: Delivery, failure: Failure): Promise<Verdict> {
  const { work, receives } = delivery;
  if (OUR_TROUBLES.has(failure.code)) {
    const delayMs = scattered(TROUBLE_PAUSE_MS);
    return { outcome: 'retried', message: { do: 'release', delayMs, refund: true } };
  }
  const { onQueue } = failure.reaction;
  if (onQueue === 'reject') return end(deps, work, failure, 'rejected');
  // A variant that the pipeline does not make any more; but a run whose watermark is gone can be made once it is back.
  if (onQueue === 'drop' && work.kind === 'deferred') return nothingToDo;
  const isOver =
    onQueue === 'drop' || receives >= MOST_RECEIVES || (await hasCrashedTooOften(deps, delivery, failure));
  if (isOver) return end(deps, work, failure, 'failed');
  const delayMs = retryDelayMs(receives);
  return { outcome: 'retried', message: { do: 'release', delayMs, refund: false } };
}

export const nothingToDo: Verdict = { outcome: 'nothing_to_do', message: { do: 'complete' } };

async function hasCrashedTooOften(
  { platform }: WorkerDeps,
  { work, receives }: Delivery,
  failure: Failure,
): Promise<boolean> {
  if (failure.code !== 'renderer_crashed') return false;
  if (work.kind === 'deferred') return receives >= MOST_CRASHES;
  const counted = await changeImage(platform.catalog, work, (stored) =>
    stored.run?.generation === work.generation
      ? { next: { ...stored, run: { ...stored.run, crashes: stored.run.crashes + 1 } }, events: [] }
      : undefined,
  );
  return (counted?.after.run?.crashes ?? 0) >= MOST_CRASHES;
}

/**
 * Ends a run that will not succeed. An image that has a published generation keeps it, with the pipeline that made it;
 * that its new one failed is in its error and its steps, and the message in the dead letters, where a person can send it
 * again.
 */
async function end(
  deps: WorkerDeps,
  work: Work,
  failure: Failure,
  status: 'rejected' | 'failed',
): Promise<Verdict> {
  const reason = { code: failure.code, message: failure.message };
  const bury: Verdict = { outcome: status, message: { do: 'bury', reason } };
  if (work.kind === 'deferred') return bury;
  const at = deps.clock.now();
  const changed = await changeImage(deps.platform.catalog, work, (stored) => {
    if (stored.generation >= work.generation) return undefined;
    if (stored.record.status === 'ready') return { next: withFailedRun(stored, work, failure), events: [] };
    return unfinished(stored) ? ended(stored, work, failure, status, at) : undefined;
  });
  if (!changed) return nothingToDo;
  for (const step of stepsOf(failure)) deps.metrics?.stepEnded(step);
  if (changed.after.record.status === 'ready') return bury;
  deps.wake?.();
  return status === 'failed' ? bury : { outcome: status, message: { do: 'complete' } };
}

function unfinished({ record }: StoredImage): boolean {
  return record.status === 'received' || record.status === 'processing';
}

function ended(
  stored: StoredImage,
  { generation }: Work,
  failure: Failure,
  status: 'rejected' | 'failed',
  at: number,
): Change {
  const { code, message } = failure;
  const record = {
    ...stored.record,
    status,
    error: { code, message },
    steps: [...stepsOf(failure)],
  };
  return {
    next: { ...withoutRun(stored, generation), record },
    events: [{ ...eventOf(stored, `image.${status}`, generation, at), errorCode: code }],
  };
}

/** Only the last failed run is kept beside the steps of the published one. */
function withFailedRun(stored: StoredImage, { generation }: Work, failure: Failure): NewImage {
  if (stored.run && stored.run.generation > generation) return stored;
  const note = `generation ${generation} failed; generation ${stored.generation} stays published`;
  const failed = stepsOf(failure).filter(({ status }) => status === 'failed');
  const kept = stored.record.steps.filter(({ status }) => status !== 'failed');
  const steps = [...kept, ...failed.map((step) => ({ ...step, note }))];
  const error = { code: failure.code, message: `The last reprocessing failed: ${failure.message}` };
  const run = { crashes: 0, ...stored.run, generation, failed: true } as const;
  return { ...stored, run, record: { ...stored.record, steps, error } };
}

/** A newer generation that was asked for meanwhile is still wanted. */
function withoutRun(stored: StoredImage, generation: number): NewImage {
  const { run, ...rest } = stored;
  return run && run.generation > generation ? stored : rest;
}

function stepsOf(failure: Failure): readonly StepReport[] {
  return failure instanceof PipelineFailure ? failure.steps : [];
}
