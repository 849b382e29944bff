import type { Operation, Radii } from '../../pixels/render-plan.ts';
import type { FrameRequest } from '../request.ts';
import { edgesTimes, laidOnce, paddingOf } from './sized-spec.ts';

/** Padding, border, mask, and what shows through. Lengths are pixels of the output. */
export function frameOperations(frame: FrameRequest, density: number): Operation[] {
  return [
    ...padding(frame, density),
    ...border(frame, density),
    ...mask(frame, density),
    ...background(frame),
  ];
}

const STEP = { step: 'frame' } as const;

function padding({ pad, background }: FrameRequest, density: number): Operation[] {
  if (!pad) return [];
  const edges = paddingOf(pad, density);
  return [{ ...STEP, op: 'pad', edges, fill: { color: laidOnce(background) } }];
}

function border({ border, borderRadius }: FrameRequest, density: number): Operation[] {
  if (!border) return [];
  const { color } = border;
  const radii = borderRadius && radiiTimes(borderRadius, density);
  return [{ ...STEP, op: 'border', edges: edgesTimes(border.size, density), color, ...(radii && { radii }) }];
}

/** Of corners that have none of their own, pixels: imgix's. */
const USUAL_RADIUS = 10;

function mask({ mask, cornerRadius }: FrameRequest, density: number): Operation[] {
  if (mask === undefined) return [];
  if (mask === 'ellipse') return [{ ...STEP, op: 'round', radii: 'ellipse' }];
  const radii = cornerRadius ?? [USUAL_RADIUS, USUAL_RADIUS, USUAL_RADIUS, USUAL_RADIUS];
  return [{ ...STEP, op: 'round', radii: radiiTimes(radii, density) }];
}

function background({ background }: FrameRequest): Operation[] {
  return background === undefined ? [] : [{ ...STEP, op: 'flatten', background }];
}

function radiiTimes([topLeft, topRight, bottomRight, bottomLeft]: Radii, density: number): Radii {
  return [topLeft * density, topRight * density, bottomRight * density, bottomLeft * density];
}
