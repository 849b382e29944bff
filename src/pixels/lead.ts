import { type Box, reducedFor, viewedSize } from './geometry.ts';
import type { Size } from './picture.ts';
import type { Frame, Operation, RenderPlan } from './render-plan.ts';

/** How a frame begins that comes from the file: decided from the header alone, for `decode.ts` and `cost.ts` alike. */

export type Origin = Extract<Frame['from'], { decode: string }>;

/** What a header says, as far as it matters for decoding. */
export interface Source {
  /** of one page, as stored */
  readonly stored: Size;
  /** EXIF orientation 1..8 */
  readonly orientation: number;
  /** pages that are decoded */
  readonly pages: number;
  readonly hasAlpha: boolean;
}

/** The operations that are done while decoding: sharp shrinks on load only where it knows the size before it starts. */
export interface Lead {
  /** how many of the frame's operations these are: the first ones */
  readonly operationsDone: number;
  readonly isUpright: boolean;
  /** what one page is scaled to; none where it keeps its size */
  readonly scaled?: Size;
  /** the part that is then kept of it; none where all of it is */
  readonly cut?: Box;
  /** of one page, when they are done */
  readonly size: Size;
}

/** Only with `shrinkTo` may a file be decoded to less than its full size. */
export function leadOf(
  { stored, orientation }: Source,
  { shrinkTo }: Origin,
  operations: readonly Operation[],
): Lead {
  const isUpright = operations[0]?.op === 'orient';
  const whole = isUpright ? viewedSize(stored, orientation) : stored;
  const oriented = isUpright ? 1 : 0;
  const next = operations[oriented];
  if (!shrinkTo) return { operationsDone: oriented, isUpright, size: whole };
  if (next?.op === 'resize') return resizing(next, operations[oriented + 1], { oriented, isUpright });
  const size = reducedFor(whole, shrinkTo);
  return { operationsDone: oriented, isUpright, ...(size.width < whole.width && { scaled: size }), size };
}

function resizing(
  { width, height }: Size,
  after: Operation | undefined,
  { oriented, isUpright }: { oriented: number; isUpright: boolean },
): Lead {
  const scaled = { width, height };
  if (after?.op !== 'extract') return { operationsDone: oriented + 1, isUpright, scaled, size: scaled };
  const cut = { left: after.left, top: after.top, width: after.width, height: after.height };
  const size = { width: cut.width, height: cut.height };
  return { operationsDone: oriented + 2, isUpright, scaled, cut, size };
}

/**
 * Bytes of an animation that are decoded at once. Pages are sized one by one, so that no page bleeds into the next; in
 * portions, so that a long animation does not lie in memory at full size.
 */
export const PORTION_BYTES = 64 * 2 ** 20;

/** Whether a plan wants to know something of a frame for which it has to be in memory. */
export function isRead({ placeholderFrom, blurhashFrom, paletteFrom }: RenderPlan, frame: string): boolean {
  return [placeholderFrom, blurhashFrom, paletteFrom?.frame].includes(frame);
}

/**
 * Whether a frame goes from the file straight into its output, which is quicker and never has all pixels in memory: it
 * has one output, nobody else needs it, and sharp can do all of it by itself. It cannot size the pages of an animation
 * without one bleeding into the next, nor turn them; and it would fill transparency before it resizes and not after.
 */
export function isPassedThrough(plan: RenderPlan, frame: Frame, source: Source, lead: Lead): boolean {
  const [output, ...others] = frame.outputs;
  const { pages, hasAlpha, orientation } = source;
  return (
    output !== undefined &&
    others.length === 0 &&
    lead.operationsDone === frame.operations.length &&
    !isRead(plan, frame.id) &&
    !plan.frames.some(({ from }) => 'frame' in from && from.frame === frame.id) &&
    (pages === 1 || (!lead.scaled && orientation === 1 && MOVING.has(output.encoding.format))) &&
    !(hasAlpha && output.encoding.format === 'jpeg')
  );
}

const MOVING: ReadonlySet<string> = new Set(['gif', 'webp']);
