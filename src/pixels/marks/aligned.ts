import type { Size } from '../picture.ts';
import type { Align, Position } from '../render-plan.ts';

const POSITIONS = {
  top: { left: 'top-left', center: 'top', right: 'top-right' },
  middle: { left: 'left', center: 'center', right: 'right' },
  bottom: { left: 'bottom-left', center: 'bottom', right: 'bottom-right' },
} as const satisfies Record<Align['y'], Record<Align['x'], Position>>;

/** The alignment as one of the nine positions. */
export function aligned({ x, y }: Align): Position {
  return POSITIONS[y][x];
}

/** What is left between the paddings, at least a pixel a side. */
export function roomInside({ width, height }: Size, pad: number): Size {
  return { width: Math.max(1, width - 2 * pad), height: Math.max(1, height - 2 * pad) };
}
