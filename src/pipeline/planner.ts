import { areaOf } from '../pixels/geometry.ts';
import type { Frame, RenderPlan } from '../pixels/render-plan.ts';
import type { PlannedRun, Planner, PlanRequest } from './plan-request.ts';
import { motionOf } from './planner-animation.ts';
import { fuseFrames } from './planner-frames.ts';
import { noteSteps } from './planner-notes.ts';
import { type OutputPlan, planOutputs } from './planner-outputs.ts';
import { readScript, type Script } from './planner-script.ts';
import { extentAfter, variantWay } from './planner-sizes.ts';

export type { PlannedRun, PlanRequest } from './plan-request.ts';

/**
 * Fuses the logical steps into one physical plan: the source is decoded once (once more for the stills of an
 * animation), shrunk on load where nothing needs its full size; each size is made from the nearest larger one in
 * memory; filters of single pixels wait until there are fewer pixels; each output is encoded once.
 *
 * The pictures are those of `planStepByStep`, with the very same sizes.
 */
export const planPipeline: Planner = (request) =>
  planWith(request, (script, { made }) => [
    ...fuseFrames(script, request.probe.viewed, 'all', made),
    ...fuseFrames(script, request.probe.viewed, 'first', made),
  ]);

/** What every planner decides in the same way: sizes, formats, what moves, what is left for later. */
export function planWith(
  request: PlanRequest,
  framesOf: (script: Script, outputs: OutputPlan) => RenderPlan['frames'],
): PlannedRun {
  const { document, probe, sourcePath } = request;
  const script = readScript(request);
  const extent = extentAfter(probe.viewed, script.before);
  const motion = motionOf(document, probe, extent.size);
  const sized = script.variants.map((variant) => ({
    variant,
    ...variantWay(extent, variant, script.sizedBy, script.after),
  }));
  const outputs = planOutputs(request, sized, motion, probe.hasAlpha || gainsAlpha(script));
  const frames = framesOf(script, outputs);
  const placeholderFrom = request.only ? undefined : placeholderFrame(frames, outputs);
  return {
    plan: {
      source: { path: sourcePath, format: probe.format },
      frames,
      ...(placeholderFrom === undefined ? {} : { placeholderFrom }),
    },
    notes: noteSteps({ request, script, motion, sized, outputs }),
    deferred: outputs.deferred,
  };
}

/** A turned picture has corners that its background may leave transparent. */
function gainsAlpha({ before, after }: Script): boolean {
  return [...before, ...after].some(
    (operation) => operation.op === 'rotate' && /^#.{6}(?!ff)..$/i.test(operation.background),
  );
}

/** The frame of the smallest variant that shows the whole picture in its proportions; of a still where there is one. */
function placeholderFrame(frames: readonly Frame[], { made }: OutputPlan): string | undefined {
  const candidates = made.toSorted(
    (a, b) =>
      Number(b.variant.fit === 'inside') - Number(a.variant.fit === 'inside') ||
      areaOf(a.size) - areaOf(b.size) ||
      Number(a.decode === 'all') - Number(b.decode === 'all'),
  );
  const file = candidates[0]?.output.file;
  return frames.find(({ outputs }) => outputs.some((output) => output.file === file))?.id;
}
