import {
  ConvertStep,
  MetadataStep,
  NotifyStep,
  OrientStep,
  PlaceholderStep,
  ResizeStep,
  type Step,
  type StepKind,
  ValidateStep,
} from './document-steps.ts';

/**
 * Steps that happen in every run. Where a document leaves one out it is filled in, with its defaults and in its
 * place, so that a stored document says all that will be done.
 */
const always: readonly { readonly make: () => Step; readonly place: (steps: readonly Step[]) => number }[] = [
  { make: () => ValidateStep.parse({ step: 'validate' }), place: () => 0 },
  { make: () => OrientStep.parse({ step: 'orient' }), place: () => 1 },
  {
    // One variant, the picture in its own size.
    make: () => ResizeStep.parse({ step: 'resize', variants: [{ name: 'full' }] }),
    place: (steps) =>
      beforeFirst(steps, ['watermark', 'convert', 'metadata', 'placeholder', 'tag', 'notify']),
  },
  {
    make: () => ConvertStep.parse({ step: 'convert' }),
    place: (steps) => afterLast(steps, ['filter', 'resize', 'watermark']),
  },
  {
    make: () => MetadataStep.parse({ step: 'metadata' }),
    place: (steps) => afterLast(steps, ['convert']),
  },
  {
    make: () => PlaceholderStep.parse({ step: 'placeholder' }),
    place: (steps) => beforeFirst(steps, ['notify']),
  },
  { make: () => NotifyStep.parse({ step: 'notify' }), place: (steps) => steps.length },
];

export function withEveryStep(given: readonly Step[]): Step[] {
  const steps = [...given];
  for (const { make, place } of always) {
    const missing = make();
    if (!steps.some(({ step }) => step === missing.step)) steps.splice(place(steps), 0, missing);
  }
  return steps;
}

function beforeFirst(steps: readonly Step[], kinds: readonly StepKind[]): number {
  const index = steps.findIndex(({ step }) => kinds.includes(step));
  return index === -1 ? steps.length : index;
}

function afterLast(steps: readonly Step[], kinds: readonly StepKind[]): number {
  return steps.findLastIndex(({ step }) => kinds.includes(step)) + 1;
}
