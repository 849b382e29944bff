import type { Step } from '../../pipeline/document-steps.ts';
import { stepOperations } from '../../pipeline/planner-script.ts';
import type { Operation } from '../../pixels/render-plan.ts';

/** What a pipeline does to every picture that is made of its images, as far as a delivery has to carry it on. */
export interface PipelinePart {
  /** before the picture is sized */
  readonly before: readonly Operation[];
  /** to the picture in its size */
  readonly after: readonly Operation[];
}

/**
 * Filters stay on their side of the sizing, but for those that change the size, which come before it: what is delivered
 * has the size that was asked for. Watermarks come after it, because a mark on the whole picture could be cropped away.
 *
 * @param steps in their order; where no resize is among them, filters come before the sizing
 * @param markPaths local files of the images that watermarks name
 * @throws Failure `invalid_pipeline` where a file is missing
 */
export function pipelinePart(
  steps: readonly Step[],
  markPaths: Readonly<Record<string, string>>,
): PipelinePart {
  const resize = steps.findIndex(({ step }) => step === 'resize');
  const placed = steps.flatMap((step, index) =>
    PARTS.has(step.step)
      ? stepOperations(step, step.step, markPaths).map((operation) => ({
          operation,
          isAfter:
            operation.op === 'watermark' || (resize !== -1 && index > resize && !RESIZES.has(operation.op)),
        }))
      : [],
  );
  return {
    before: placed.filter(({ isAfter }) => !isAfter).map(({ operation }) => operation),
    after: placed.filter(({ isAfter }) => isAfter).map(({ operation }) => operation),
  };
}

const PARTS: ReadonlySet<Step['step']> = new Set(['filter', 'watermark']);
const RESIZES: ReadonlySet<Operation['op']> = new Set(['rotate', 'trim']);
