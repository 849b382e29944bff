import type { Format } from '../images/image.ts';
import type { Probe } from '../pixels/picture.ts';
import type { RenderPlan } from '../pixels/render-plan.ts';
import type { PipelineDocument } from './document.ts';

/** What a planner needs to know: the document, as parsed, and the header facts of one picture. */
export interface PlanRequest {
  readonly document: PipelineDocument;
  readonly probe: Probe;
  /** local file */
  readonly sourcePath: string;
  /** local files of the images that watermark steps name, by that name: see `watermarkImages` */
  readonly markPaths?: Readonly<Record<string, string>>;
  /** one output and nothing else, also one that is left for later; `format` as asked for or as planned */
  readonly only?: { readonly variant: string; readonly format: string };
}

export interface PlannedRun {
  readonly plan: RenderPlan;
  /** what the plan makes of each logical step, by `stepNames` */
  readonly notes: Readonly<Record<string, StepNote>>;
  /** outputs that are left until somebody asks for them */
  readonly deferred: readonly { readonly variant: string; readonly format: Format }[];
}

export interface StepNote {
  readonly status: 'done' | 'skipped';
  /** what a person should know about it */
  readonly note?: string;
}

/**
 * Turns a document and a picture into a plan.
 * @throws Failure `render_too_costly` where a step would make the picture larger than can be held,
 *   `variant_not_found` where `only` names what the document does not make,
 *   `invalid_pipeline` where the file of a watermark image is missing
 */
export type Planner = (request: PlanRequest) => PlannedRun;
