import { parsePipeline } from '../../../pipeline/document.ts';
import type { Step } from '../../../pipeline/document-steps.ts';
import { viewedSize } from '../../../pixels/geometry.ts';
import type { Probe } from '../../../pixels/picture.ts';
import type { Frame, Operation } from '../../../pixels/render-plan.ts';
import { parseDelivery } from '../../grammar/parse.ts';
import { type DeliveryPlan, type DeliveryPlanRequest, planDelivery } from '../plan-delivery.ts';

/** Plans of queries, and plans in words, for the tests of this room. */

/** A still photograph, 300 x 200 where nothing else is said. */
export function probeOf({ stored = { width: 300, height: 200 }, ...facts }: Partial<Probe> = {}): Probe {
  const orientation = facts.orientation ?? 1;
  return {
    format: 'jpeg',
    stored,
    viewed: viewedSize(stored, orientation),
    orientation,
    pages: 1,
    hasAlpha: false,
    isProgressive: false,
    depth: 8,
    space: 'srgb',
    hasProfile: false,
    metadata: {},
    ...facts,
  };
}

/** An animation of so many frames. */
export function animationOf(pages: number, facts: Partial<Probe> = {}): Probe {
  const delays = Array.from({ length: pages }, () => 100);
  return probeOf({ format: 'gif', hasAlpha: true, pages, animation: { delays, loop: 0 }, ...facts });
}

export function planOf(
  query: string,
  probe: Probe = probeOf(),
  more: Partial<DeliveryPlanRequest> = {},
): DeliveryPlan {
  return planDelivery({ request: parseDelivery(query), probe, sourcePath: '/original', ...more });
}

/** The one frame of the plan of a query. */
export function frameOf(query: string, probe?: Probe, more?: Partial<DeliveryPlanRequest>): Frame {
  const [frame, ...others] = planOf(query, probe, more).plan.frames;
  if (!frame || others.length > 0) throw new Error('the plan of a delivery has one frame');
  return frame;
}

export function operationsOf(
  query: string,
  probe?: Probe,
  more?: Partial<DeliveryPlanRequest>,
): readonly Operation[] {
  return frameOf(query, probe, more).operations;
}

/** `resize 150x100, extract 100x100@25,0`, with ` to 150x100` in front where the file may be decoded smaller */
export function wayOf(query: string, probe?: Probe, more?: Partial<DeliveryPlanRequest>): string {
  const { from, operations } = frameOf(query, probe, more);
  const shrunk = 'decode' in from && from.shrinkTo;
  const start = shrunk ? [`decode ${shrunk.width}x${shrunk.height}`] : [];
  return [...start, ...operations.map(told)].join(', ');
}

function told(operation: Operation): string {
  const { op } = operation;
  switch (operation.op) {
    case 'resize':
      return `${op} ${operation.width}x${operation.height}`;
    case 'extract':
    case 'canvas':
      return `${op} ${operation.width}x${operation.height}@${operation.left},${operation.top}`;
    case 'fit':
      return `${op} ${operation.width}x${operation.height} by ${operation.position}`;
    case 'flip':
      return `${op} ${operation.axis}`;
    case 'rotate':
    case 'straighten':
      return `${op} ${operation.angle}`;
    case 'sized':
      return `${op} ${operation.size.fit}`;
    default:
      return op;
  }
}

/** Steps as a parsed document has them. */
export function stepsOf(...steps: readonly object[]): readonly Step[] {
  return parsePipeline({ name: 'test', steps }).steps;
}
