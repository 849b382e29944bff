import { Failure } from '../../failures.ts';

/** A request that cannot be answered as it is, by the parameter that would have to be another. */
export function refusal(parameter: string, message: string): Failure {
  return new Failure('invalid_request', message, { extra: { parameter } });
}
