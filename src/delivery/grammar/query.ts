import { fromPercentEncoded } from './base64url.ts';

/** One parameter as it was sent, its name decoded; undefined where the value is not percent-encoded UTF-8. */
export interface Pair {
  readonly name: string;
  readonly value: string | undefined;
  /** the value before decoding, for messages */
  readonly sent: string;
}

/** A query as it was sent, with or without its question mark, or parameters that somebody has decoded already. */
export type Query = string | readonly (readonly [name: string, value: string])[];

/** Decodes once. `+` is a space, as forms and the clients of imgix have it. Names that cannot be decoded are nobody's. */
export function pairsOf(query: Query): Pair[] {
  if (typeof query !== 'string') return query.map(([name, value]) => ({ name, value, sent: value }));
  const pairs: Pair[] = [];
  for (const parameter of query.replace(/^\?/, '').split('&')) {
    const equals = parameter.indexOf('=');
    const name = decoded(equals < 0 ? parameter : parameter.slice(0, equals));
    const sent = equals < 0 ? '' : parameter.slice(equals + 1);
    if (name) pairs.push({ name, value: decoded(sent), sent });
  }
  return pairs;
}

function decoded(text: string): string | undefined {
  return /[%+]/.test(text) ? fromPercentEncoded(text.replaceAll('+', ' ')) : text;
}
