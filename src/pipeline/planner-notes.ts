import { isTrimmable } from '../pixels/geometry.ts';
import type { Probe, Size } from '../pixels/picture.ts';
import type { Operation } from '../pixels/render-plan.ts';
import type { StepKind } from './document-steps.ts';
import type { PlanRequest, StepNote } from './plan-request.ts';
import type { Motion } from './planner-animation.ts';
import type { OutputPlan, SizedVariant } from './planner-outputs.ts';
import { type Script, stepsByName } from './planner-script.ts';
import { extentAfter } from './planner-sizes.ts';

/** What the planners know about a run when they have decided it. */
export interface Decided {
  readonly request: PlanRequest;
  readonly script: Script;
  readonly motion: Motion;
  readonly sized: readonly SizedVariant[];
  readonly outputs: OutputPlan;
}

/** Steps that are about the whole image: done when it is first processed, not when an output is added to it. */
const ONCE: readonly StepKind[] = ['placeholder', 'tag', 'notify'];

export function noteSteps(decided: Decided): Record<string, StepNote> {
  const { request } = decided;
  const notes = stepsByName(request.document).map(([name, { step }]): [string, StepNote] => {
    if (request.only && ONCE.includes(step)) return [name, { status: 'skipped' }];
    if (step === 'orient' && request.probe.orientation === 1) {
      return [name, { status: 'skipped', note: 'upright already' }];
    }
    const note = (remarks[step]?.(decided, name) ?? []).join('; ');
    return [name, { status: 'done', ...(note ? { note } : {}) }];
  });
  return Object.fromEntries(notes);
}

const remarks: { readonly [Kind in StepKind]?: (decided: Decided, step: string) => readonly string[] } = {
  validate: ({ motion }) => (motion.note ? [motion.note] : []),
  filter: ({ request, script, sized }, step) => notTrimmed(script, request.probe, sized, step),
  resize: ({ request, sized }) => notEnlarged(request.probe, sized),
  convert: ({ request, motion, outputs }) => [
    ...outputs.remarks,
    ...(motion.note ? [] : stillFormats(request.probe, outputs)),
    ...later(outputs),
  ],
};

/** Borders that nothing was cut off, as far as that is known before the pixels are. */
function notTrimmed(
  { before, after }: Script,
  { viewed }: Probe,
  sized: readonly SizedVariant[],
  step: string,
): string[] {
  const skips = (start: Size, operations: readonly Operation[]) => {
    const at = operations.findIndex((operation) => operation.step === step && operation.op === 'trim');
    return at >= 0 && !isTrimmable(extentAfter(start, operations.slice(0, at)).size);
  };
  const why = 'under 3 pixels a side, which is too small to look for borders';
  if (skips(viewed, before)) return [`not trimmed: ${why}`];
  const small = sized.filter(({ size }) => skips(size, after)).map(({ variant }) => variant.name);
  return small.length === 0 ? [] : [`not trimmed: ${small.join(', ')}; ${why}`];
}

function notEnlarged({ viewed }: Probe, sized: readonly SizedVariant[]): string[] {
  const smaller = sized.filter(staysBelow).map(({ variant }) => variant.name);
  if (smaller.length === 0) return [];
  return [`not enlarged: ${smaller.join(', ')}; the picture has ${viewed.width} x ${viewed.height} pixels`];
}

/** Whether a variant is smaller than its box because the picture is. */
function staysBelow({ variant, size }: SizedVariant): boolean {
  const sides = [
    { asked: variant.width, got: size.width },
    { asked: variant.height, got: size.height },
  ].filter(({ asked }) => asked !== undefined);
  const short = sides.filter(({ asked, got }) => asked !== undefined && got < asked);
  return variant.fit === 'inside' ? sides.length > 0 && short.length === sides.length : short.length > 0;
}

/** Outputs of an animation that cannot move, or would be too large if they did. */
function stillFormats({ pages }: Probe, { made }: OutputPlan): string[] {
  if (pages === 1) return [];
  const stills = made.filter(({ decode }) => decode === 'first').map(({ output }) => output.file);
  return stills.length === 0 ? [] : [`the first frame only: ${stills.join(', ')}`];
}

function later({ deferred }: OutputPlan): string[] {
  const formats = [...new Set(deferred.map(({ format }) => format))];
  return formats.length === 0 ? [] : [`made when first asked for: ${formats.join(', ')}`];
}
