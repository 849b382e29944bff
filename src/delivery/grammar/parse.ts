import { Failure } from '../../failures.ts';
import type { DeliveryRequest } from '../request.ts';
import { defined } from './defined.ts';
import { refuseFaces } from './faces.ts';
import { frameFrom } from './frame.ts';
import { lookFrom } from './look.ts';
import { markFrom } from './mark.ts';
import { outputFrom } from './output.ts';
import { pairsOf, type Query } from './query.ts';
import { readGiven } from './read-given.ts';
import { sizeFrom } from './size.ts';
import { sourceFrom } from './source.ts';
import type { AllGiven } from './table.ts';
import { textFrom } from './text.ts';
import { turnFrom } from './turn.ts';

/**
 * What a delivery URL asks for. Requests for the same thing come out the same, however they are written: aliases,
 * order, encodings, defaults spelled out, parameters that others make meaningless.
 *
 * Pure, and free of node: modules: it also runs at the edge.
 *
 * @param query exactly as it was sent, signature included (it tells which `exp` is meant); or decoded pairs
 * @throws Failure `invalid_request`, `analysis_off`; both name the parameter in `parameter`
 */
export function parseDelivery(query: Query): DeliveryRequest {
  const given = readGiven(pairsOf(query));
  refuseFaces(given);
  refuseContradictions(given);
  const output = outputFrom(given);
  return defined({
    variant: given.v,
    source: sourceFrom(given),
    size: sizeFrom(given, {
      background: given.bg,
      takesWidthHint: output.hints.width,
      takesDensityHint: output.hints.dpr,
    }),
    look: lookFrom(given),
    turn: turnFrom(given),
    frame: frameFrom(given),
    mark: markFrom(given),
    text: textFrom(given),
    output,
  });
}

function refuseContradictions(given: AllGiven): void {
  for (const side of ['w', 'h'] as const) {
    const [least, most] = [given[`min-${side}`], given[`max-${side}`]];
    if (least !== undefined && most !== undefined && least > most) {
      throw new Failure(
        'invalid_request',
        `min-${side} must not be larger than max-${side}; got ${least} and ${most}.`,
        { extra: { parameter: `min-${side}` } },
      );
    }
  }
}
