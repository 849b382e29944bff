import { parseDelivery } from './grammar/parse.ts';
import { pairsOf } from './grammar/query.ts';
import type { DeliveryRequest } from './request.ts';

/** What the query of a delivery URL says. */
export interface AskedQuery {
  readonly request: DeliveryRequest;
  /** `g`: of the generation that the URL was written for; other generations may answer it, but not for ever */
  readonly generation?: number;
}

/** Longer ones are read each time: few URLs have them. */
const LONGEST_REMEMBERED = 1024;
const MOST_REMEMBERED = 4096;

/**
 * Reads queries, those that come again only once: the same query gives the same object.
 *
 * @returns a function that throws Failure `invalid_request`, `analysis_off`
 */
export function createQueryReader(): (query: string) => AskedQuery {
  const remembered = new Map<string, AskedQuery>();
  return (query) => {
    const before = remembered.get(query);
    if (before) return before;
    const asked = readQuery(query);
    if (query.length > LONGEST_REMEMBERED) return asked;
    // Emptied now and then: the next request for each fills it again, and no order has to be kept with every hit.
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(query, asked);
    return asked;
  };
}

const GENERATION = /^[1-9]\d{0,8}$/;

/** @param query as it was sent, without a question mark */
function readQuery(query: string): AskedQuery {
  const request = parseDelivery(query);
  const [generation, ...more] = pairsOf(query).filter(({ name }) => name === 'g');
  const isOne = more.length === 0 && GENERATION.test(generation?.value ?? '');
  return isOne ? { request, generation: Number(generation?.value) } : { request };
}
