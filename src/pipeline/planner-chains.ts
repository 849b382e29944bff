import type { Frame } from '../pixels/render-plan.ts';

/** A frame that nobody needs but the one made from it becomes one with that: decoded, turned and sized in one go. */
export function joinChains(frames: readonly Frame[]): Frame[] {
  const link = frames.find((frame) => frame.outputs.length === 0 && madeFrom(frames, frame).length === 1);
  if (!link) return [...frames];
  const [next] = madeFrom(frames, link);
  const joined = frames
    .filter((frame) => frame !== link)
    .map((frame) =>
      frame === next
        ? { ...frame, from: link.from, operations: [...link.operations, ...frame.operations] }
        : frame,
    );
  return joinChains(joined);
}

function madeFrom(frames: readonly Frame[], parent: Frame): Frame[] {
  return frames.filter(({ from }) => 'frame' in from && from.frame === parent.id);
}
