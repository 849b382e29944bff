import type { Failure } from '../../failures.ts';
import { areaOf } from '../../pixels/geometry.ts';
import type { Size } from '../../pixels/picture.ts';
import {
  MAX_OUTPUT_PIXELS,
  MAX_OUTPUT_SIDE,
  type SizedFit,
  type SizedSpec,
  type Sizing,
} from '../../pixels/sizing.ts';
import type { Length, SizeRequest } from '../request.ts';
import { refusal } from './refusal.ts';

/** Fits whose output is the very box. */
const EXACT: ReadonlySet<SizedFit> = new Set(['crop', 'scale', 'fill', 'fillmax', 'clamp']);

const LIMITS = `at most ${MAX_OUTPUT_SIDE} pixels a side and ${MAX_OUTPUT_PIXELS / 1e6} megapixels are delivered`;

/**
 * Refuses what was asked for in so many pixels and is more than may be delivered. What gets too large only because of
 * what the picture is like is made smaller instead: see {@link limitNote}.
 *
 * @param sizing what the spec makes of the picture
 * @throws Failure `invalid_request`
 */
export function refuseTooLarge(size: SizeRequest, spec: SizedSpec, { unlimited }: Sizing): void {
  const { fit, padding } = spec;
  refusePadding(spec);
  if (!unlimited) return;
  const asked = { width: unlimited.width + padding.across, height: unlimited.height + padding.down };
  const [width, height] = [isInPixels(size.width), isInPixels(size.height)];
  if (width && asked.width > MAX_OUTPUT_SIDE) throw tooLarge('w', asked);
  if (height && asked.height > MAX_OUTPUT_SIDE) throw tooLarge('h', asked);
  const isBox =
    EXACT.has(fit) && ((width && height) || ((width || height) && size.aspectRatio !== undefined));
  if (isBox && areaOf(asked) > MAX_OUTPUT_PIXELS) throw tooLarge(width ? 'w' : 'h', asked);
}

function refusePadding({ width, height, padding: { across, down } }: SizedSpec): void {
  const least = { width: across + 1, height: down + 1 };
  if (Math.max(across, down) >= MAX_OUTPUT_SIDE || areaOf(least) > MAX_OUTPUT_PIXELS)
    throw tooLarge('pad', least);
  if ((width ?? across + 1) > across && (height ?? down + 1) > down) return;
  const message = `pad leaves no room for the picture: ${across} pixels across and ${down} down are padding. Ask for less, or for a larger w and h.`;
  throw refusal('pad', message);
}

/** What to tell about a picture that was made smaller. */
export function limitNote({ unlimited, size }: Pick<Sizing, 'unlimited' | 'size'>): string | undefined {
  if (!unlimited) return undefined;
  return `${sidesOf(size)} pixels instead of ${sidesOf(unlimited)}: ${LIMITS}`;
}

function isInPixels(length: Length | undefined): boolean {
  return length !== undefined && 'px' in length;
}

function tooLarge(parameter: string, asked: Size): Failure {
  return refusal(
    parameter,
    `${parameter} asks for an output of ${sidesOf(asked)} pixels, and ${LIMITS}. Ask for less; dpr counts too.`,
  );
}

function sidesOf({ width, height }: Size): string {
  return `${width} x ${height}`;
}
