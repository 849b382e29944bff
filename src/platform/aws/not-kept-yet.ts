import { Failure } from '../../failures.ts';

/** A port for which the table has no place: whoever uses it is told so, and nothing pretends to have been kept. */
export function notKeptYet<Port extends object>(what: string): Port {
  const refuse = () =>
    Promise.reject(
      new Failure('not_ready', `The platform aws does not keep ${what}. Use the platform embedded for them.`),
    );
  return new Proxy({}, { get: () => refuse }) as Port;
}
