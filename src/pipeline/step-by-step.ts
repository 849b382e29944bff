import type { Frame } from '../pixels/render-plan.ts';
import type { Planner } from './plan-request.ts';
import { planWith } from './planner.ts';
import type { PlannedOutput } from './planner-outputs.ts';
import type { Script } from './planner-script.ts';
import { fitOperations } from './planner-sizes.ts';

/**
 * The plain reading of a document: every output is decoded from the source anew and taken through all steps in
 * their order, at full size until it is sized. Slow, and the measure of what `planPipeline` may do: its pictures
 * must look like these, and it must save against these.
 */
export const planStepByStep: Planner = (request) =>
  planWith(request, (script, { made }) => made.map((planned) => frameOf(script, planned)));

function frameOf(script: Script, { variant, decode, output }: PlannedOutput): Frame {
  return {
    id: output.file,
    from: { decode },
    operations: [...script.before, ...fitOperations(variant, script.sizedBy), ...script.after],
    outputs: [output],
  };
}
