import { coverBox, exactSize, fitInside, turnedSize, viewedSize } from './geometry.ts';
import type { Size } from './picture.ts';
import type { Edges, Operation } from './render-plan.ts';
import { resolveSizing } from './sizing.ts';
import { uprightInside } from './upright-inside.ts';

/**
 * The size of a picture after an operation: exactly where numbers tell it, at most where only the pixels do (trim).
 *
 * @param orientation EXIF, that the picture still has
 */
export function sizeAfter(size: Size, operation: Operation, orientation: number): Size {
  switch (operation.op) {
    case 'resize':
    case 'extract':
      return { width: operation.width, height: operation.height };
    case 'orient':
      return viewedSize(size, orientation);
    case 'rotate':
      return turnedSize(size, operation.angle);
    case 'fit':
      return fittedSize(size, operation);
    case 'sized':
      return resolveSizing(size, operation.size).size;
    case 'straighten':
      return operation.angle % 90 === 0
        ? turnedSize(size, operation.angle)
        : uprightInside(size, operation.angle);
    case 'canvas':
      return { width: operation.width, height: operation.height };
    case 'pad':
      return padded(size, operation.edges);
    default:
      return size;
  }
}

function padded({ width, height }: Size, { top, right, bottom, left }: Edges): Size {
  return { width: left + width + right, height: top + height + bottom };
}

function fittedSize(size: Size, asked: Extract<Operation, { op: 'fit' }>): Size {
  if (asked.fit === 'inside') return fitInside(size, asked, asked);
  if (asked.fit === 'exact') return exactSize(size, asked, asked);
  const { width, height } = coverBox(size, asked, 'center', asked).crop;
  return { width, height };
}
