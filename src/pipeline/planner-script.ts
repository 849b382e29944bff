import { Failure } from '../failures.ts';
import type { Operation } from '../pixels/render-plan.ts';
import { type PipelineDocument, stepNames, stepOf } from './document.ts';
import type { Step, VariantSpec, WatermarkStep } from './document-steps.ts';
import type { PlanRequest } from './plan-request.ts';
import { filterOperation } from './planner-filters.ts';

/** What a document asks to be done to a picture, in its order, before anybody decides how. */
export interface Script {
  /** at full size, upright first */
  readonly before: readonly Operation[];
  readonly variants: readonly VariantSpec[];
  /** name of the step that sizes */
  readonly sizedBy: string;
  /** to each variant */
  readonly after: readonly Operation[];
}

export function readScript({ document, markPaths = {} }: PlanRequest): Script {
  const names = stepNames(document);
  const operations = document.steps.map((step, index) =>
    stepOperations(step, names[index] ?? step.step, markPaths),
  );
  const resize = document.steps.findIndex(({ step }) => step === 'resize');
  return {
    before: operations.slice(0, resize).flat(),
    variants: stepOf(document, 'resize').variants,
    sizedBy: names[resize] ?? 'resize',
    after: operations.slice(resize + 1).flat(),
  };
}

/** What one step asks for; nothing where it is about something else than pixels. */
export function stepOperations(
  step: Step,
  name: string,
  markPaths: Readonly<Record<string, string>>,
): Operation[] {
  if (step.step === 'orient') return [{ step: name, op: 'orient' }];
  if (step.step === 'filter') return [filterOperation(step, name)];
  if (step.step === 'watermark') return [watermark(step, name, markPaths)];
  return [];
}

function watermark(
  { text, image, color, place, opacity, size, margin }: WatermarkStep,
  step: string,
  markPaths: Readonly<Record<string, string>>,
): Operation {
  const mark = text === undefined ? { path: markPath(image ?? '', markPaths) } : { text, color };
  return { step, op: 'watermark', mark, place, opacity, size, margin };
}

function markPath(image: string, markPaths: Readonly<Record<string, string>>): string {
  const path = Object.hasOwn(markPaths, image) ? markPaths[image] : undefined;
  if (path !== undefined) return path;
  throw new Failure(
    'invalid_pipeline',
    `The watermark image ${image} is not there. Upload it again and name its image_id in the pipeline.`,
  );
}

/** Steps of a document by name, for who reports about them. */
export function stepsByName(document: PipelineDocument): [name: string, step: Step][] {
  const names = stepNames(document);
  return document.steps.map((step, index) => [names[index] ?? step.step, step]);
}
