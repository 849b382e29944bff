import { MAX_OUTPUT_PIXELS, MAX_OUTPUT_SIDE } from '../pixels/sizing.ts';
import { bucketFor } from './buckets.ts';
import type { DeliveryRequest, Fit, Length, SizeRequest } from './request.ts';

/**
 * The sizes that unsigned URLs are held to: whoever asks for another one gets the next larger, so that nobody fills the
 * cache with w=1, w=2, w=3. Pure.
 */

/** What `@imgix/js-core` and the clients made from it write into a srcset. */
const IMGIX = [
  100, 116, 135, 156, 181, 210, 244, 283, 328, 380, 441, 512, 594, 689, 799, 927, 1075, 1247, 1446, 1678,
  1946, 2257, 2619, 3038, 3524, 4087, 4741, 5500, 6380, 7401, 8192,
];
/** What Next.js, Nuxt Image and unpic ask for where nobody tells them otherwise. */
const FRAMEWORKS = [
  16, 32, 48, 64, 96, 128, 256, 320, 384, 640, 750, 768, 828, 960, 1024, 1080, 1200, 1280, 1536, 1668, 1920,
  2048, 2560, 3072, 3200, 3840, 4480, 5120, 6016,
];
/** What people write by hand: screens, cards, thumbnails. */
const ROUND = [
  24, 40, 56, 72, 80, 120, 150, 160, 180, 192, 200, 225, 240, 250, 280, 300, 350, 360, 400, 450, 480, 500,
  540, 600, 630, 675, 700, 720, 800, 900, 1000, 1100, 1350, 1400, 1440, 1500, 1600, 1800, 2000, 2160, 2400,
  2880, 3000, 3600, 4000, 4096, 5000, 6000, 7000, 7680,
];

/** pixels, ascending; the last is the largest side that is delivered */
export const RUNGS: readonly number[] = [...new Set([...IMGIX, ...FRAMEWORKS, ...ROUND])].sort(
  (one, other) => one - other,
);
const rungs: ReadonlySet<number> = new Set(RUNGS);
const LAST = Math.max(...RUNGS);

/** Pixels for each CSS pixel that srcsets name. */
const DENSITIES = [0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5] as const;
/** Shares of a side are held to this many steps. */
const SHARES = 20;
/** The shorter side keeps the proportions to this part of the longer one. */
const PROPORTIONS = 256;

/** The nearest rung that is at least so many pixels. */
export function rungFor(px: number): number {
  return bucketFor(px, RUNGS);
}

/**
 * The same request in the sizes that there are: each side the nearest larger, with nearly the same proportions. Where
 * that would be more than is delivered, and what was asked for is not, the nearest smaller.
 */
export function onLadder(request: DeliveryRequest): DeliveryRequest {
  const { size } = request;
  const held = heldTo(LAST, size);
  return { ...request, size: isTooLarge(held) && !isTooLarge(size) ? lower(size) : held };
}

/** @param most the rung that no side goes beyond */
function heldTo(most: number, size: SizeRequest): SizeRequest {
  return { ...size, ...boxOnLadder(size, most), ...boundsOnLadder(size), ...densityOnLadder(size) };
}

function lower(size: SizeRequest): SizeRequest {
  const lowered = RUNGS.toReversed().map((most) => heldTo(most, size));
  return lowered.find((held) => !isTooLarge(held)) ?? size;
}

/** Whether the box alone is more than is delivered, whatever picture comes into it. */
function isTooLarge({ width, height, aspectRatio, dpr = 1, fit }: SizeRequest): boolean {
  const [across, down] = [pixelsOf(width, dpr), pixelsOf(height, dpr)];
  if (Math.max(across ?? 0, down ?? 0) > MAX_OUTPUT_SIDE) return true;
  if (!fit.some((mode) => FILLED.has(mode))) return false;
  const [boxWidth, boxHeight] = [
    across ?? (down && aspectRatio && down * aspectRatio),
    down ?? (across && aspectRatio && across / aspectRatio),
  ];
  return Math.round(boxWidth ?? 0) * Math.round(boxHeight ?? 0) > MAX_OUTPUT_PIXELS;
}

/** Fits whose output is the very box. */
const FILLED: ReadonlySet<Fit> = new Set(['crop', 'scale', 'fill', 'fillmax', 'clamp']);

function pixelsOf(length: Length | undefined, dpr: number): number | undefined {
  return length && 'px' in length ? length.px * dpr : undefined;
}

function boxOnLadder({ width, height }: SizeRequest, most: number): Pick<SizeRequest, 'width' | 'height'> {
  if (width && height && 'px' in width && 'px' in height) return sidesOnLadder(width.px, height.px, most);
  return {
    ...(width && { width: onItsOwn(width, most) }),
    ...(height && { height: onItsOwn(height, most) }),
  };
}

function onItsOwn(length: Length, most: number): Length {
  if ('px' in length) return { px: Math.min(most, rungFor(length.px)) };
  return { share: Math.ceil(length.share * SHARES) / SHARES };
}

function sidesOnLadder(width: number, height: number, most: number): { width: Length; height: Length } {
  const areRungs = rungs.has(width) && rungs.has(height);
  if (areRungs && Math.max(width, height) <= most) return { width: { px: width }, height: { px: height } };
  const longer = Math.min(most, rungFor(Math.max(width, height)));
  const shorter = inSteps((Math.min(width, height) / Math.max(width, height)) * longer, longer);
  const [across, down] = width >= height ? [longer, shorter] : [shorter, longer];
  return { width: { px: across }, height: { px: down } };
}

function inSteps(px: number, longer: number): number {
  const step = Math.max(1, Math.round(longer / PROPORTIONS));
  return Math.min(longer, Math.max(step, Math.round(px / step) * step));
}

function boundsOnLadder({ minWidth, maxWidth, minHeight, maxHeight }: SizeRequest) {
  return {
    ...(minWidth !== undefined && { minWidth: rungFor(minWidth) }),
    ...(maxWidth !== undefined && { maxWidth: rungFor(maxWidth) }),
    ...(minHeight !== undefined && { minHeight: rungFor(minHeight) }),
    ...(maxHeight !== undefined && { maxHeight: rungFor(maxHeight) }),
  };
}

function densityOnLadder({ dpr }: SizeRequest): Pick<SizeRequest, 'dpr'> {
  return dpr === undefined ? {} : { dpr: bucketFor(dpr, DENSITIES) };
}
