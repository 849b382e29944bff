import { Failure } from '../failures.ts';
import type { Size } from './picture.ts';

/** The largest picture that a step may make on its way, pixels of all pages together: 480 MB with alpha. */
export const MAX_CANVAS_PIXELS = 120_000_000;

/** A sliver that is to fill a large box has to be enlarged as a whole before most of it is cut off. */
export function coverTooLarge({ width, height }: Size): Failure {
  return new Failure(
    'render_too_costly',
    `To fill the box of a variant, this picture would have to be enlarged to ${width} x ${height} pixels before it is cut. ` +
      'Send a larger picture, or use a pipeline that does not enlarge it.',
  );
}
