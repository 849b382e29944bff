import type { Probe, Size } from '../../pixels/picture.ts';
import type { Frame, Operation, RenderPlan } from '../../pixels/render-plan.ts';
import { type PipelineDocument, parsePipeline } from '../document.ts';

/** A document with these steps and nothing else said. */
export function documentOf(...steps: readonly unknown[]): PipelineDocument {
  return parsePipeline({ name: 'test', steps });
}

/** Header facts of an upright JPEG, with whatever is said of it. */
export function probeOf(size: Size, more: Partial<Probe> = {}): Probe {
  return {
    format: 'jpeg',
    stored: size,
    viewed: size,
    orientation: 1,
    pages: 1,
    hasAlpha: false,
    isProgressive: false,
    depth: 8,
    space: 'srgb',
    hasProfile: false,
    metadata: {},
    ...more,
  };
}

/** Header facts of an animated GIF. */
export function animationOf(size: Size, pages: number): Probe {
  const delays = Array.from({ length: pages }, () => 100);
  return probeOf(size, { format: 'gif', pages, animation: { delays, loop: 0 } });
}

/** A plan to read: one line a frame, `what it is made from | what is done to it | what is written`. */
export function describePlan({ frames }: RenderPlan): string[] {
  return frames.map(({ from, operations, outputs }) =>
    [
      describeOrigin(from),
      operations.map(describeOperation).join(' '),
      outputs.map(({ file }) => file).join(' '),
    ].join(' | '),
  );
}

function describeOrigin(from: Frame['from']): string {
  if ('frame' in from) return from.frame;
  const { decode, shrinkTo } = from;
  return shrinkTo ? `${decode} shrunk to ${shrinkTo.width}x${shrinkTo.height}` : decode;
}

function describeOperation(operation: Operation): string {
  if (operation.op === 'fit') return `fit-${operation.fit}`;
  if (operation.op === 'resize') return `${operation.width}x${operation.height}`;
  if (operation.op === 'extract') {
    return `extract(${operation.left},${operation.top},${operation.width}x${operation.height})`;
  }
  return operation.op;
}
