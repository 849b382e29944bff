import type { Step, StepKind } from './document-steps.ts';
import { FILTER_NAMES, type FilterStep } from './document-steps.ts';

/** What a schema of single fields cannot say: how steps stand to each other, and fields that need one another. */

export interface BrokenRule {
  readonly path: readonly PropertyKey[];
  /** goes on from the path: `must come first` */
  readonly message: string;
}

type Rule = (steps: readonly Step[]) => BrokenRule[];

/** Steps that change pixels; all of them work on what `convert` then writes. */
const PIXEL_STEPS: readonly StepKind[] = ['filter', 'resize', 'watermark'];
const REPEATABLE: readonly StepKind[] = ['filter', 'watermark'];

const rules: readonly Rule[] = [
  onlyOnce,
  validateFirst,
  orientBeforePixels,
  pixelsBeforeConvert,
  notifyLast,
  oneFilterEach,
  oneMarkEach,
  variantsApart,
  outputsApart,
];

export function brokenRules(steps: readonly Step[]): BrokenRule[] {
  return rules.flatMap((rule) => rule(steps));
}

function onlyOnce(steps: readonly Step[]): BrokenRule[] {
  return each(steps, (step, index) => {
    const first = steps.findIndex((other) => other.step === step.step);
    if (first === index || REPEATABLE.includes(step.step)) return [];
    return [at(index, `is a second ${step.step}: merge it with steps[${first}]`)];
  });
}

function validateFirst(steps: readonly Step[]): BrokenRule[] {
  const index = steps.findIndex(({ step }) => step === 'validate');
  return index > 0 ? [at(index, 'must come first: nothing may touch what has not been validated')] : [];
}

function orientBeforePixels(steps: readonly Step[]): BrokenRule[] {
  const orient = steps.findIndex(({ step }) => step === 'orient');
  const pixels = steps.findIndex(({ step }) => PIXEL_STEPS.includes(step));
  if (orient === -1 || pixels === -1 || orient < pixels) return [];
  return [at(orient, `must come before steps[${pixels}] (${steps[pixels]?.step}): move it up`)];
}

function pixelsBeforeConvert(steps: readonly Step[]): BrokenRule[] {
  const convert = steps.findIndex(({ step }) => step === 'convert');
  return each(steps, ({ step }, index) => {
    if (convert === -1 || index < convert || !PIXEL_STEPS.includes(step)) return [];
    return [at(index, `must come before steps[${convert}] (convert), which writes the pictures: move it up`)];
  });
}

function notifyLast(steps: readonly Step[]): BrokenRule[] {
  const index = steps.findIndex(({ step }) => step === 'notify');
  return index === -1 || index === steps.length - 1
    ? []
    : [at(index, 'must come last: it tells that all is done')];
}

function oneFilterEach(steps: readonly Step[]): BrokenRule[] {
  return each(steps, (step, index) => {
    if (step.step !== 'filter') return [];
    const filters = filtersIn(step);
    if (filters.length === 1) return [];
    return filters.length === 0
      ? [at(index, `must have one filter, one of ${FILTER_NAMES.join(', ')}`)]
      : [at(index, `must have one filter; got ${filters.join(', ')}: give each a step of its own`)];
  });
}

/** The filters that a step names. A document that was parsed has exactly one in each. */
export function filtersIn(step: FilterStep) {
  return FILTER_NAMES.filter((name) => step[name] !== undefined);
}

function oneMarkEach(steps: readonly Step[]): BrokenRule[] {
  return each(steps, (step, index) => {
    if (step.step !== 'watermark') return [];
    const marks = [step.text, step.image].filter((mark) => mark !== undefined);
    return marks.length === 1 ? [] : [at(index, 'must have either text or image')];
  });
}

function variantsApart(steps: readonly Step[]): BrokenRule[] {
  return each(steps, (step, index) => {
    if (step.step !== 'resize') return [];
    return step.variants.flatMap((variant, place) => {
      const path = ['steps', index, 'variants', place];
      const first = step.variants.findIndex(({ name }) => name === variant.name);
      const broken: BrokenRule[] = [];
      if (first !== place) {
        const message = `must be another name: "${variant.name}" is the name of variants[${first}] already`;
        broken.push({ path: [...path, 'name'], message });
      }
      if (variant.fit !== 'inside' && (variant.width === undefined || variant.height === undefined)) {
        broken.push({ path, message: `must have width and height, because its fit is ${variant.fit}` });
      }
      return broken;
    });
  });
}

function outputsApart(steps: readonly Step[]): BrokenRule[] {
  return each(steps, (step, index) => {
    if (step.step !== 'convert') return [];
    const path = ['steps', index, 'outputs'];
    const twice = step.outputs.flatMap(({ format }, place) => {
      const first = step.outputs.findIndex((other) => other.format === format);
      const message = `must be another format: outputs[${first}] is ${format} already`;
      return first === place ? [] : [{ path: [...path, place, 'format'], message }];
    });
    const message = 'must have at least one that is made now: take "when" off one of them';
    return step.outputs.some(({ when }) => when === 'now') ? twice : [...twice, { path, message }];
  });
}

function each(steps: readonly Step[], rule: (step: Step, index: number) => BrokenRule[]): BrokenRule[] {
  return steps.flatMap(rule);
}

function at(index: number, message: string): BrokenRule {
  return { path: ['steps', index], message };
}
