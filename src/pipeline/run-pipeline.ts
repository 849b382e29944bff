import { performance } from 'node:perf_hooks';
import { Failure, toFailure } from '../failures.ts';
import type { Clock } from '../images/clock.ts';
import type { StepReport } from '../images/image.ts';
import { estimateBytes } from '../pixels/cost.ts';
import type { Probe } from '../pixels/picture.ts';
import type { Rendered } from '../pixels/render-plan.ts';
import { probeLimits } from './document.ts';
import { type PlannedRun, type PlanRequest, planPipeline } from './planner.ts';
import type { Renderers } from './renderers.ts';
import { type RunSoFar, reportDone, reportFailed } from './step-reports.ts';

export interface PipelineRequest extends Pick<PlanRequest, 'document' | 'sourcePath' | 'markPaths' | 'only'> {
  readonly renderers: Renderers;
  /** an existing folder; the outputs are written into it */
  readonly outDir: string;
  /** which attempt this is, from 1: for the reports */
  readonly attempts: number;
  readonly clock: Clock;
  /** milliseconds that the renderer may work; its own default where absent */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

export interface PipelineResult {
  readonly rendered: Rendered;
  readonly probe: Probe;
  /** one for each logical step of the document, in its order */
  readonly steps: StepReport[];
  /** outputs that are left until somebody asks for them */
  readonly deferred: PlannedRun['deferred'];
}

/** A run that failed, with what its steps did until then. */
export class PipelineFailure extends Failure {
  readonly steps: readonly StepReport[];

  constructor(failure: Failure, steps: readonly StepReport[]) {
    super(failure.code, failure.message, { cause: failure.cause, extra: failure.extra });
    this.steps = steps;
  }
}

/**
 * Runs a pipeline over a local file: header, plan, pixels. Decodes nothing itself: see {@link Renderers}.
 *
 * @throws PipelineFailure with the steps so far; whatever aborted `signal`
 */
export async function runPipeline(request: PipelineRequest): Promise<PipelineResult> {
  const { document, attempts, clock, signal } = request;
  let run: RunSoFar = { document, attempts, startedAt: clock.now() };
  let phaseStart = performance.now();
  const lap = () => {
    const now = performance.now();
    const milliseconds = now - phaseStart;
    phaseStart = now;
    return milliseconds;
  };
  try {
    const probe = await probeFile(request);
    run = { ...run, probeMs: lap() };
    const planned = planPipeline(planRequest(request, probe));
    run = { ...run, notes: planned.notes };
    const renderStartedAt = clock.now();
    const rendered = await renderPlan(request, probe, planned);
    const steps = reportDone(run, renderStartedAt, rendered.stepMs);
    return { rendered, probe, steps, deferred: planned.deferred };
  } catch (error) {
    signal?.throwIfAborted();
    const failure = toFailure(error);
    throw new PipelineFailure(failure, reportFailed(run, failure, lap()));
  }
}

function probeFile({ renderers, sourcePath, document, signal }: PipelineRequest): Promise<Probe> {
  return renderers.probe(sourcePath, probeLimits(document), signal ? { signal } : {});
}

function planRequest({ document, sourcePath, markPaths, only }: PipelineRequest, probe: Probe): PlanRequest {
  return { document, probe, sourcePath, ...(markPaths && { markPaths }), ...(only && { only }) };
}

function renderPlan(
  { renderers, outDir, deadlineMs, signal }: PipelineRequest,
  probe: Probe,
  { plan }: PlannedRun,
): Promise<Rendered> {
  return renderers.render(plan, {
    outDir,
    estimatedBytes: estimateBytes(probe, plan),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(signal && { signal }),
  });
}
