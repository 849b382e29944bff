import type { DeliveryRequest } from './request.ts';

/** Pure, and free of node: modules: it also runs at the edge. */

/**
 * Whether a request is for the picture as the pipeline made it: nothing is said of its size, its look or what lies on
 * it. It may still name a format or a quality.
 */
export function isPlain({ source, size, look, turn, frame, mark, text }: DeliveryRequest): boolean {
  return (
    mark === undefined &&
    text === undefined &&
    isEmpty(source) &&
    isEmpty(look) &&
    isEmpty(frame) &&
    turn.rot === undefined &&
    turn.flip === undefined &&
    turn.trim === undefined &&
    SIDES.every((side) => size[side] === undefined)
  );
}

/** Without one of these, nothing else that is said of the size has an effect. */
const SIDES = ['width', 'height', 'aspectRatio', 'minWidth', 'minHeight', 'maxWidth', 'maxHeight'] as const;

function isEmpty(part: object): boolean {
  for (const _ in part) return false;
  return true;
}
