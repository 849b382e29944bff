import { formats } from '../../pixels/formats.ts';
import { areaOf } from '../../pixels/geometry.ts';
import type { PictureFormat, Probe } from '../../pixels/picture.ts';
import type { Frame } from '../../pixels/render-plan.ts';
import type { DeliveryRequest } from '../request.ts';
import { refusal } from './refusal.ts';

/** Which pages of the source are decoded. */
export interface Motion {
  readonly from: Extract<Frame['from'], { decode: string }>;
  readonly isMoving: boolean;
  readonly note?: string;
}

const MAX_FRAMES = 300;
/** Pixels of all frames together, as large as they get on their way. */
const MAX_ANIMATION_PIXELS = 100_000_000;

/**
 * An animation moves where the format can and the limits allow it; else it is a still, of its first frame or of the one
 * that the request names.
 *
 * @param largestArea of a page on its way, pixels
 * @throws Failure `invalid_request` where the source has no such frame
 */
export function planMotion(
  { source }: DeliveryRequest,
  probe: Probe,
  format: PictureFormat,
  largestArea: number,
): Motion {
  if (source.page !== undefined) return stillOf(source.page, probe);
  if (probe.pages === 1 || !formats[format].animation) return { from: { decode: 'first' }, isMoving: false };
  const reason = tooMuch(probe, largestArea);
  if (reason === undefined) return { from: { decode: 'all' }, isMoving: true };
  return { from: { decode: 'first' }, isMoving: false, note: `${reason}: a still of its first frame` };
}

function stillOf(page: number, { pages }: Probe): Motion {
  if (page > pages) {
    const what = pages === 1 ? 'The picture has one frame' : `The animation has ${pages} frames`;
    throw refusal('frame', `frame must be from 1 to ${pages}; got ${page}. ${what}.`);
  }
  return { from: { decode: 'first', ...(page > 1 && { page }) }, isMoving: false };
}

function tooMuch({ pages, stored }: Probe, largestArea: number): string | undefined {
  if (pages > MAX_FRAMES) return `animation too long, ${pages} frames where ${MAX_FRAMES} are allowed`;
  const pixels = Math.max(areaOf(stored), largestArea) * pages;
  if (pixels <= MAX_ANIMATION_PIXELS) return undefined;
  const [megapixels, allowed] = [Math.ceil(pixels / 1e6), MAX_ANIMATION_PIXELS / 1e6];
  return `animation too large, ${megapixels} megapixels in all where ${allowed} are allowed`;
}
