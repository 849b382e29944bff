import { Failure } from '../../failures.ts';
import { decodeBase64url } from './base64url.ts';
import type { Kind } from './kind.ts';
import type { Parameter } from './parameter.ts';
import type { Pair } from './query.ts';
import { type AllGiven, type NameMeaning, names, type ParameterName, parameters } from './table.ts';

/** A text as it is to be read, and the name that it was sent by. */
interface Sent {
  readonly name: string;
  readonly text: string;
}

/** @throws Failure `invalid_request` that names the parameter in its message and in `parameter` */
export function readGiven(pairs: readonly Pair[]): AllGiven {
  const values: Record<string, unknown> = {};
  for (const [name, sent] of byParameter(pairs)) {
    const row: Parameter<unknown> = parameters[name];
    const value = readValue(name, row, sent);
    if (value !== row.neutral) values[name] = value;
  }
  return values as AllGiven;
}

/**
 * `exp` is exposure with imgix and the end of a signature with Darkroom. A query with a `sig` has the latter, and
 * `exp64` left for the former.
 */
function byParameter(pairs: readonly Pair[]): Map<ParameterName, [Sent, ...Sent[]]> {
  const isSigned = pairs.some(({ name }) => name === 'sig');
  const sent = new Map<ParameterName, [Sent, ...Sent[]]>();
  for (const pair of pairs) {
    const meaning = names.get(pair.name);
    if (!meaning || (isSigned && pair.name === 'exp')) continue;
    const one = { name: pair.name, text: textOf(pair, meaning) };
    const before = sent.get(meaning.parameter);
    if (before) before.push(one);
    else sent.set(meaning.parameter, [one]);
  }
  return sent;
}

function textOf({ name, value, sent }: Pair, { isEncoded }: NameMeaning): string {
  if (value === undefined) throw wrong(name, 'percent-encoded UTF-8', sent);
  const text = isEncoded ? decodeBase64url(value) : value;
  if (text === undefined) throw wrong(name, 'UTF-8 text in base64url without padding', value);
  return text;
}

function readValue(
  parameter: ParameterName,
  { kind, isRepeatable }: Parameter<unknown>,
  sent: readonly [Sent, ...Sent[]],
): unknown {
  const [{ name, text }] = sent;
  // Caches and we might each take another one of two values: neither is taken.
  if (sent.length > 1 && !isRepeatable) throw repeated(parameter, sent);
  const whole = isRepeatable ? sent.map((one) => one.text).join(',') : text;
  const value = kind.read(whole);
  if (value === undefined) throw wrong(name, kind.range, whole, mendOf(kind, whole));
  return value;
}

function mendOf(kind: Kind<unknown>, text: string): string | undefined {
  return text === '' ? 'Give it a value, or leave it out.' : kind.mend?.(text);
}

function repeated(parameter: ParameterName, sent: readonly Sent[]): Failure {
  const called = [...new Set(sent.map((one) => one.name))];
  const as = called.length > 1 ? ` (as ${called.join(' and ')})` : '';
  return refusal(parameter, `${parameter} is given ${sent.length} times${as}. Give it once.`);
}

/** More of a bad value helps nobody. */
const MOST_SHOWN = 64;

function wrong(name: string, range: string, got: string, mend?: string): Failure {
  const shown = JSON.stringify(got.length > MOST_SHOWN ? `${got.slice(0, MOST_SHOWN)}…` : got);
  return refusal(name, `${name} must be ${range}; got ${shown}.${mend ? ` ${mend}` : ''}`);
}

function refusal(parameter: string, message: string): Failure {
  return new Failure('invalid_request', message, { extra: { parameter } });
}
