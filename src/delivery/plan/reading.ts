import type { RenderPlan } from '../../pixels/render-plan.ts';
import { isPlain } from '../plain.ts';
import type { DeliveryRequest, OutputRequest } from '../request.ts';

/** What a plan reads from a picture instead of writing it. */
export type Reading = Pick<RenderPlan, 'placeholderFrom' | 'blurhashFrom' | 'paletteFrom'>;

/**
 * What has to be read from a frame where a request asks for words or colours instead of the picture; undefined where it
 * asks for the picture, or for what no pixel tells.
 */
export function readingFor({ text, palette }: OutputRequest, frame: string): Reading | undefined {
  if (text === 'thumbhash') return { placeholderFrom: frame };
  if (text === 'blurhash') return { blurhashFrom: frame };
  if (palette && text === undefined) return { paletteFrom: { frame, colors: palette.colors } };
  return undefined;
}

/** pixels: twice as many as the finest of them looks at */
const SIDE = 128;

/**
 * The request with the picture that is read: a still, which anything can be read from. Of a picture that is otherwise
 * left as it is, a small one tells the same.
 */
export function toBeRead(request: DeliveryRequest): DeliveryRequest {
  const still: DeliveryRequest = { ...request, output: { ...request.output, format: 'png' } };
  if (!isPlain(request)) return still;
  const side = { px: SIDE };
  return { ...still, size: { ...request.size, width: side, height: side, fit: ['max'] } };
}
