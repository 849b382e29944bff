import type { Failure } from '../failures.ts';
import { isoTime } from '../images/clock.ts';
import type { StepReport } from '../images/image.ts';
import { type PipelineDocument, stepNames } from './document.ts';
import type { PlannedRun } from './plan-request.ts';

/** The first step of every document: reading the header is its work. */
const VALIDATE = 'validate';

/** What is known of a run, as far as it came. */
export interface RunSoFar {
  readonly document: PipelineDocument;
  readonly attempts: number;
  /** milliseconds since 1970 */
  readonly startedAt: number;
  /** wall time, milliseconds; absent where the header could not be read */
  readonly probeMs?: number;
  readonly notes?: PlannedRun['notes'];
}

/**
 * What each logical step did, in the order of the document. The fused plan works on several steps at once: a step's
 * duration is the time spent on its operations, and it is told to begin where the one before it ended.
 *
 * @param run that succeeded
 * @param renderStartedAt milliseconds since 1970
 * @param stepMs wall time by step, milliseconds
 */
export function reportDone(
  run: RunSoFar,
  renderStartedAt: number,
  stepMs: Readonly<Record<string, number>>,
): StepReport[] {
  let cursor = renderStartedAt;
  return stepNames(run.document).map((name) => {
    const renderMs = stepMs[name] ?? 0;
    const isFirst = name === VALIDATE;
    const report = {
      name,
      status: run.notes?.[name]?.status ?? 'done',
      started_at: isoTime(isFirst ? run.startedAt : cursor),
      duration_ms: round(renderMs + (isFirst ? (run.probeMs ?? 0) : 0)),
      attempts: run.attempts,
      ...noteOf(run, name),
    };
    cursor += renderMs;
    return report;
  });
}

/**
 * The steps of a run that failed: those before the failing one as done, then the failing one; nothing after it.
 *
 * @param failedMs wall time of the part that failed, milliseconds
 */
export function reportFailed(run: RunSoFar, failure: Failure, failedMs: number): StepReport[] {
  const failing = failingStep(run, failure);
  const validated: StepReport = {
    name: VALIDATE,
    status: 'done',
    started_at: isoTime(run.startedAt),
    duration_ms: round(run.probeMs ?? 0),
    attempts: run.attempts,
    ...noteOf(run, VALIDATE),
  };
  const failed: StepReport = {
    name: failing,
    status: 'failed',
    started_at: isoTime(run.startedAt + (failing === VALIDATE ? 0 : (run.probeMs ?? 0))),
    duration_ms: round(failedMs + (failing === VALIDATE ? (run.probeMs ?? 0) : 0)),
    attempts: run.attempts,
    error: { code: failure.code, message: failure.message },
  };
  return failing === VALIDATE ? [failed] : [validated, failed];
}

/**
 * The step that the failure names. Otherwise: what turns out to be wrong with the file itself is a matter of validation,
 * even where only decoding shows it; and all pixel work ends in what `convert` writes.
 */
function failingStep({ document, probeMs }: RunSoFar, failure: Failure): string {
  const names = stepNames(document);
  const named = names.find((name) => name === failure.extra.step);
  if (named !== undefined) return named;
  const isTheFile = probeMs === undefined || failure.code === 'image_corrupt';
  return isTheFile ? VALIDATE : (names.find((name) => name === 'convert') ?? VALIDATE);
}

function noteOf({ notes }: RunSoFar, name: string): { note?: string } {
  const note = notes?.[name]?.note;
  return note === undefined ? {} : { note };
}

/** To a hundredth of a millisecond: finer than anybody reads. */
function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
