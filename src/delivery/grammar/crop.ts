import { CROP_MODES, type CropMode } from '../request.ts';
import type { Kind } from './kind.ts';
import { listOf } from './words.ts';

const list = listOf(CROP_MODES);

/**
 * The list of `crop`. An edge always succeeds, so that nothing after it is reached but an edge of the other
 * direction, which combines with it; two that combine are put in one order.
 */
export const crop: Kind<readonly CropMode[]> = {
  ...list,
  read(text) {
    const modes = list.read(text);
    const first = modes?.findIndex((mode) => directionOf(mode) !== undefined) ?? -1;
    if (modes === undefined || first < 0) return modes;
    const edges = modes.slice(first);
    const [across] = edges.filter((mode) => directionOf(mode) === 'across');
    const [down] = edges.filter((mode) => directionOf(mode) === 'down');
    return [...modes.slice(0, first), ...(down ? [down] : []), ...(across ? [across] : [])];
  },
};

function directionOf(mode: CropMode): 'across' | 'down' | undefined {
  if (mode === 'left' || mode === 'right') return 'across';
  return mode === 'top' || mode === 'bottom' ? 'down' : undefined;
}
