import type { Format } from '../images/image.ts';
import type { Negotiated } from './negotiate.ts';
import type { DeliveryRequest, OutputRequest, SizeRequest } from './request.ts';

/** Of pictures that are to be small: `auto=compress`, `Save-Data`, slow links. */
const SAVING_QUALITY = 45;

/**
 * The request with everything decided that negotiation decides: what is left says what the picture is, and nothing of
 * who asks for it.
 *
 * @param format undefined leaves it to the source's family
 */
export function settled(
  request: DeliveryRequest,
  { quality, width, dpr }: Pick<Negotiated, 'quality' | 'width' | 'dpr'>,
  format: Format | undefined,
): DeliveryRequest {
  return {
    ...request,
    size: sizeFor(request.size, width, dpr),
    output: {
      ...outputFor(request.output, format),
      ...(quality === 'saving' && { quality: SAVING_QUALITY }),
    },
  };
}

function sizeFor(size: SizeRequest, width: number | undefined, hinted: number | undefined): SizeRequest {
  const { dpr = hinted, ...own } = size;
  if (width !== undefined) return { ...own, width: { px: width } };
  const isCounted = own.width !== undefined || own.height !== undefined;
  return dpr !== undefined && dpr !== 1 && isCounted ? { ...own, dpr } : own;
}

/** Where nobody named a format, a JPEG is a progressive one: on slow links people see something soon. */
function outputFor(output: OutputRequest, format: Format | undefined): OutputRequest {
  const isOpen = output.format === undefined || output.autoFormat;
  const { download: _, ...own } = output;
  return {
    ...own,
    ...(format !== undefined && { format }),
    ...(format === 'jpeg' && isOpen && { isProgressive: true }),
    autoFormat: false,
    hints: { width: false, dpr: false, saveData: false },
  };
}
