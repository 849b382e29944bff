import type { Length, Operation } from '../../pixels/render-plan.ts';
import type { MarkRequest, TextRequest } from '../request.ts';

/** The request's own watermark. Lengths are pixels of the output. */
export function markOperations(
  mark: MarkRequest | undefined,
  path: string | undefined,
  density: number,
): Operation[] {
  if (!mark) return [];
  if (path === undefined) throw new Error(`no file was given for the watermark ${mark.image}`);
  const { align, alpha, width, height, scale, fit, pad, x, y, rot = 0, tile } = mark;
  if (scale === 0 && width === undefined) return [];
  return [
    {
      step: 'watermark',
      op: 'place',
      path,
      align,
      ...(x !== undefined && { left: Math.round(x * density) }),
      ...(y !== undefined && { top: Math.round(y * density) }),
      ...(width && { width: lengthTimes(width, density) }),
      ...(height && { height: lengthTimes(height, density) }),
      ...(scale !== undefined && { scale: scale / 100 }),
      fit,
      alpha: alpha / 100,
      angle: (360 - rot) % 360,
      pad: Math.round(pad * density),
      ...(tile && { tile }),
    },
  ];
}

export function textOperations(text: TextRequest | undefined, density: number): Operation[] {
  if (!text) return [];
  const { size, pad, width, fit, ...rest } = text;
  return [
    {
      step: 'text',
      op: 'write',
      text: rest.text,
      font: rest.font,
      color: rest.color,
      align: rest.align,
      shadow: rest.shadow,
      size: size * density,
      pad: Math.round(pad * density),
      ...(width && { width: lengthTimes(width, density) }),
      shrinkToFit: fit === 'max',
    },
  ];
}

function lengthTimes(length: Length, density: number): Length {
  return 'px' in length ? { px: Math.max(1, Math.round(length.px * density)) } : length;
}
