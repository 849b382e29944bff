import type { Format, Variant } from '../images/image.ts';
import { onLadder } from './ladder.ts';
import type { Negotiated } from './negotiate.ts';
import type { DeliveryRequest, SizeRequest } from './request.ts';
import { settled } from './settle.ts';

/** Whose request it is, in what matters for the picture. */
export interface Deal {
  readonly negotiated: Pick<Negotiated, 'quality' | 'width' | 'dpr'>;
  /** may ask for any size */
  readonly isSigned: boolean;
  /** the picture is as large as this variant: the request says nothing of its size */
  readonly like?: Variant;
}

/** What every deal and format makes of one request. */
type Known = Map<string, DeliveryRequest>;

/** Requests with everything decided, each deal once: the same decisions give the same object. */
export function createSettledRequests(): (
  request: DeliveryRequest,
  deal: Deal,
  format: Format | undefined,
) => DeliveryRequest {
  const known = new WeakMap<DeliveryRequest, Known>();
  return (request, deal, format) => {
    const deals = known.get(request) ?? new Map<string, DeliveryRequest>();
    known.set(request, deals);
    const key = keyOf(deal, format);
    const before = deals.get(key);
    if (before) return before;
    const made = settle(request, deal, format);
    // Sizes of variants are as many as there are images.
    if (!deal.like) deals.set(key, made);
    return made;
  };
}

function keyOf({ negotiated, isSigned, like }: Deal, format: Format | undefined): string {
  return `${format} ${negotiated.quality} ${negotiated.width} ${negotiated.dpr} ${isSigned} ${like?.key}`;
}

function settle(request: DeliveryRequest, deal: Deal, format: Format | undefined): DeliveryRequest {
  const asked = settled(request, deal.negotiated, format);
  if (deal.like) return { ...asked, size: sizeOf(asked.size, deal.like) };
  return deal.isSigned ? asked : onLadder(asked);
}

function sizeOf(size: SizeRequest, { width, height }: Variant): SizeRequest {
  return { ...size, width: { px: width }, height: { px: height }, fit: ['crop'] };
}
