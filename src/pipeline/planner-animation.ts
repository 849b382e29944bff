import { formats } from '../pixels/formats.ts';
import { areaOf } from '../pixels/geometry.ts';
import type { PictureFormat, Probe, Size } from '../pixels/picture.ts';
import { type PipelineDocument, stepOf } from './document.ts';

/** Which outputs move. Frames multiply the cost of all that is done, so an animation has limits of its own. */
export interface Motion {
  /** whether a picture with so many pixels on its way, a page, moves when it is written in this format */
  moves(format: PictureFormat, largestArea: number): boolean;
  /** why a file of several pages becomes a still, where it does so for every format */
  readonly note?: string;
}

/**
 * @param canvas the largest that a frame gets on its way, pixels
 */
export function motionOf(document: PipelineDocument, probe: Probe, canvas: Size): Motion {
  const reason = stillBecause(document, probe, canvas);
  const limit = animationPixels(document);
  return {
    moves: (format, largestArea) =>
      reason === undefined &&
      probe.pages > 1 &&
      formats[format].animation &&
      largestArea * probe.pages <= limit,
    ...(reason === undefined ? {} : { note: `${reason}: a still of its first frame` }),
  };
}

function stillBecause(document: PipelineDocument, probe: Probe, canvas: Size): string | undefined {
  const { max_frames, max_animation_megapixels } = stepOf(document, 'validate');
  if (probe.pages === 1) return undefined;
  if (!probe.animation) return `the file has ${probe.pages} pages and is no animation`;
  if (probe.pages > max_frames) {
    return `animation too long, ${probe.pages} frames where ${max_frames} are allowed`;
  }
  const pixels = Math.max(areaOf(probe.stored), areaOf(canvas)) * probe.pages;
  if (pixels > animationPixels(document)) {
    const megapixels = Math.ceil(pixels / 1e6);
    return `animation too large, ${megapixels} megapixels in all where ${max_animation_megapixels} are allowed`;
  }
  return undefined;
}

function animationPixels(document: PipelineDocument): number {
  return stepOf(document, 'validate').max_animation_megapixels * 1e6;
}
