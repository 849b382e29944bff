import type { DeliveryRequest } from '../request.ts';
import { givenFrame } from './frame.ts';
import { givenLook } from './look.ts';
import { givenMark } from './mark.ts';
import { givenOutput } from './output.ts';
import type { Parameter } from './parameter.ts';
import { givenSize } from './size.ts';
import { givenSource } from './source.ts';
import { type AllGiven, parameterNames, parameters } from './table.ts';
import { givenText } from './text.ts';
import { givenTurn } from './turn.ts';

/**
 * The one query for a request: its identity in caches. Parsed again it gives the same request, so that two requests
 * share it only where they ask for the same.
 *
 * @returns in the order of the table, without a question mark; '' where nothing is asked for
 */
export function canonicalQuery(request: DeliveryRequest): string {
  const given = givenOf(request);
  const pairs: string[] = [];
  for (const name of parameterNames) {
    const value = given[name];
    const { kind, neutral }: Parameter<unknown> = parameters[name];
    if (value === undefined || value === neutral) continue;
    pairs.push(`${name}=${encodeURIComponent(kind.write(value))}`);
  }
  return pairs.join('&');
}

function givenOf(request: DeliveryRequest): AllGiven {
  return {
    ...givenSource(request.source, request.variant),
    ...givenSize(request.size),
    ...givenLook(request.look),
    ...givenTurn(request.turn),
    ...givenFrame(request.frame),
    ...givenMark(request.mark),
    ...givenText(request.text),
    ...givenOutput(request.output),
  };
}
