import { type Decoding, openFrame } from './decode.ts';
import { isPassedThrough, isRead, type Lead } from './lead.ts';
import { keptMetadata } from './metadata-write.ts';
import { applyOperation } from './operations/apply.ts';
import { type Destination, writePipeline, writeRaster } from './output.ts';
import type { Raster } from './raster.ts';
import { type Readings, readingsOf } from './readings.ts';
import type { Frame, Operation, Rendered, RenderedOutput, RenderPlan } from './render-plan.ts';
import { sharpFailure } from './sharp-failure.ts';
import { Stopwatch } from './stopwatch.ts';

export interface RenderOptions {
  /** looked at between operations; one that is under way comes to its end first */
  readonly signal?: AbortSignal;
}

/**
 * Carries out a plan: decodes, derives every frame from the one it names, writes every output. Decides nothing.
 * The same plan over the same file gives the same bytes.
 *
 * @param outDir an existing folder; files of the plan's names are written into it
 * @throws Failure `image_corrupt`, `image_too_large`, `unsupported_format`, `invalid_pipeline` (a watermark image that
 *   is none), `invalid_request` (a mark or a text that is none), `storage_full`, `render_failed`; or what the signal
 *   was aborted with
 */
export async function render(
  plan: RenderPlan,
  outDir: string,
  options: RenderOptions = {},
): Promise<Rendered> {
  const run: Run = {
    plan,
    to: { outDir, kept: keptMetadata(plan.source) },
    watch: new Stopwatch(),
    kept: new Map(),
    outputs: [],
    ...options,
  };
  let readings: Readings = {};
  for (const [index, frame] of plan.frames.entries()) {
    const raster = await makeFrame(run, frame);
    if (raster && isRead(plan, frame.id)) {
      const read = () => processing(readingsOf(plan, frame.id, raster));
      readings = { ...readings, ...(await run.watch.time('placeholder', read)) };
    }
    if (raster) run.kept.set(frame.id, raster);
    dropUnneeded(run, index);
  }
  return { outputs: run.outputs, ...readings, stepMs: run.watch.milliseconds() };
}

interface Run extends RenderOptions {
  readonly plan: RenderPlan;
  readonly to: Destination;
  readonly watch: Stopwatch;
  /** frames in memory that a later one is made from */
  readonly kept: Map<string, Raster>;
  readonly outputs: RenderedOutput[];
}

/** Makes a frame and its outputs. Answers nothing where the picture never was in memory as a whole. */
async function makeFrame(run: Run, frame: Frame): Promise<Raster | undefined> {
  const { from } = frame;
  if ('frame' in from) return finish(run, frame, parentOf(run, from.frame), frame.operations);
  const decoding = await opened(openFrame(run.plan.source, from, frame.operations));
  const { source, lead } = decoding;
  if (isPassedThrough(run.plan, frame, source, lead)) {
    await passThrough(run, frame, decoding);
    return undefined;
  }
  const decoded = await run.watch.time(stepOf(frame, lead), () => opened(decoding.run()));
  return finish(run, frame, decoded, frame.operations.slice(lead.operationsDone));
}

async function finish(
  run: Run,
  frame: Frame,
  start: Raster,
  operations: readonly Operation[],
): Promise<Raster> {
  let raster = start;
  for (const operation of operations) {
    run.signal?.throwIfAborted();
    raster = await run.watch.time(operation.step, () => processing(applyOperation(raster, operation)));
  }
  for (const output of frame.outputs) {
    run.signal?.throwIfAborted();
    run.outputs.push(await run.watch.time(output.step, () => writeRaster(raster, output, run.to)));
  }
  return raster;
}

/** Decoding is told under the last step that is done by it, or where there is none under the first that follows. */
function stepOf(frame: Frame, { operationsDone }: Lead): string {
  const operation = frame.operations[Math.max(0, operationsDone - 1)];
  return operation?.step ?? frame.outputs[0]?.step ?? 'decode';
}

async function passThrough(run: Run, frame: Frame, decoding: Decoding): Promise<void> {
  run.signal?.throwIfAborted();
  const { lead, source, animation } = decoding;
  const shown = { ...lead.size, pages: source.pages, ...(animation && { animation }) };
  for (const output of frame.outputs) {
    const write = () => writePipeline(decoding.pipeline(), shown, output, run.to, 'decoding');
    run.outputs.push(await run.watch.time(output.step, write));
  }
}

function parentOf({ kept }: Run, id: string): Raster {
  const parent = kept.get(id);
  if (!parent) throw new Error(`the plan makes a frame from ${id}, which is not an earlier frame`);
  return parent;
}

function dropUnneeded({ plan, kept }: Run, done: number): void {
  const needed = new Set(
    plan.frames.slice(done + 1).map(({ from }) => ('frame' in from ? from.frame : undefined)),
  );
  for (const id of kept.keys()) if (!needed.has(id)) kept.delete(id);
}

async function opened<Result>(work: Promise<Result>): Promise<Result> {
  return work.catch((error) => {
    throw sharpFailure(error, 'decoding');
  });
}

async function processing<Result>(work: Promise<Result>): Promise<Result> {
  return work.catch((error) => {
    throw sharpFailure(error, 'processing');
  });
}
