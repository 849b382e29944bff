import { coverBox, exactSize, fitInside } from '../../pixels/geometry.ts';
import type { Size } from '../../pixels/picture.ts';
import type { Frame, Operation, RenderPlan } from '../../pixels/render-plan.ts';

/**
 * The size of every file of a plan, by following its operations: written for itself, so that a mistake in the
 * planner's own arithmetic shows.
 *
 * @param viewed of the source, after EXIF orientation
 */
export function sizesOf({ frames }: RenderPlan, viewed: Size): Map<string, Size> {
  const made = new Map<string, Size>();
  const files = new Map<string, Size>();
  for (const { id, from, operations, outputs } of frames) {
    const size = operations.reduce(sizeAfter, 'frame' in from ? sizeOf(made, from.frame) : viewed);
    made.set(id, size);
    for (const { file } of outputs) files.set(file, size);
  }
  return files;
}

function sizeOf(made: ReadonlyMap<string, Size>, frame: string): Size {
  const size = made.get(frame);
  if (!size) throw new Error(`${frame} is made after what is made from it`);
  return size;
}

function sizeAfter(size: Size, operation: Operation): Size {
  switch (operation.op) {
    case 'resize':
    case 'extract':
      return { width: operation.width, height: operation.height };
    case 'fit':
      return fitted(size, operation);
    case 'rotate':
      return turned(size, operation.angle);
    case 'trim':
      // any border will do, as long as both ways find the same
      return { width: Math.ceil(size.width * 0.9), height: Math.ceil(size.height * 0.8) };
    default:
      return size;
  }
}

function fitted(size: Size, asked: Extract<Operation, { op: 'fit' }>): Size {
  if (asked.fit === 'inside') return fitInside(size, asked, asked);
  if (asked.fit === 'exact') return exactSize(size, asked, asked);
  const { width, height } = coverBox(size, asked, 'center', asked).crop;
  return { width, height };
}

function turned({ width, height }: Size, angle: number): Size {
  if (angle % 180 === 0) return { width, height };
  if (angle % 90 === 0) return { width: height, height: width };
  const radians = (angle * Math.PI) / 180;
  const [across, along] = [Math.abs(Math.cos(radians)), Math.abs(Math.sin(radians))];
  return {
    width: Math.round(width * across + height * along),
    height: Math.round(width * along + height * across),
  };
}

/** All that is done to the picture that a file shows, from the decoded source on. */
export function historyOf(
  { frames }: RenderPlan,
  file: string,
): { origin: Frame['from']; operations: Operation[] } {
  const last = frames.find(({ outputs }) => outputs.some((output) => output.file === file));
  if (!last) throw new Error(`no frame writes ${file}`);
  let frame = last;
  const operations = [...frame.operations];
  for (;;) {
    const { from } = frame;
    const parent = 'frame' in from ? frames.find(({ id }) => id === from.frame) : undefined;
    if (!parent) return { origin: from, operations };
    operations.unshift(...parent.operations);
    frame = parent;
  }
}
