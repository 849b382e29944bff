import type { z } from 'zod';
import { didYouMean } from '../did-you-mean.ts';

/**
 * What is wrong with a field, where its schema says nothing itself: what it must be, in words that stand behind its
 * name. Values are not repeated, because some are secrets.
 */
export const inOurWords: z.core.$ZodErrorMap = (issue) => {
  const describe = words[issue.code] as ((issue: z.core.$ZodRawIssue) => string | undefined) | undefined;
  return describe?.(issue);
};

type Code = z.core.$ZodIssue['code'];
type Raw<Of extends Code> = z.core.$ZodRawIssue<Extract<z.core.$ZodIssue, { code: Of }>>;

const words: { readonly [Each in Code]?: (issue: Raw<Each>) => string | undefined } = {
  invalid_type: ({ input, expected }) => {
    const kind = `must be ${KINDS[expected] ?? expected}`;
    return input === undefined ? `is missing: it ${kind}` : `${kind}; got ${kindOf(input)}`;
  },
  invalid_value: ({ input, values }) => {
    const list = values.map(String).join(', ');
    const only = values.length === 1 ? `must be ${list}` : `must be one of ${list}`;
    return input === undefined ? `is missing: it ${only}` : only + meant(input, values.map(String));
  },
  too_small: ({ minimum, origin, inclusive = true }) =>
    bound(origin, inclusive ? 'at least' : 'more than', minimum),
  too_big: ({ maximum, origin, inclusive = true }) =>
    bound(origin, inclusive ? 'at most' : 'less than', maximum),
  not_multiple_of: ({ divisor }) => `must be a multiple of ${divisor}`,
  invalid_format: ({ format, pattern }) =>
    `must be ${FORMATS[format] ?? `written like this regular expression: ${pattern ?? format}`}`,
  unrecognized_keys: ({ keys, inst }) => unknownField(keys, shapeOf(inst)),
  invalid_key: () => 'has a name that is not allowed',
  invalid_union: ({ errors }) => [...new Set(errors.flat().map(({ message }) => message))].join(', or '),
};

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'a time such as 2026-11-20T12:00:00Z',
  uuid: 'a UUID',
  email: 'an e-mail address',
  url: 'a URL',
};

/** What a number, a text or a list is measured in. */
const UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'entries', set: 'entries' };

function bound(origin: string, comparison: string, limit: number | bigint): string {
  const unit = UNITS[origin];
  return unit ? `must have ${comparison} ${limit} ${unit}` : `must be ${comparison} ${limit}`;
}

function kindOf(input: unknown): string {
  if (input === null) return 'null';
  if (Array.isArray(input)) return 'a list';
  if (Number.isNaN(input)) return 'something else';
  return KINDS[typeof input] ?? typeof input;
}

function shapeOf(inst: unknown): string[] {
  const shape = (inst as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def?.shape;
  return Object.keys(shape ?? {});
}

function unknownField(unknown: readonly string[], known: readonly string[]): string {
  const near = unknown.length === 1 ? meant(unknown[0], known) : '';
  return `there is no such field${near || listed(known)}`;
}

function listed(known: readonly string[]): string {
  return known.length === 0 ? '' : `; take ${known.join(', ')}`;
}

function meant(typed: unknown, known: readonly string[]): string {
  const near = typeof typed === 'string' ? didYouMean(typed.slice(0, 64), known) : undefined;
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** The sentence about the name of a parameter that is not there. */
export function unknownParameter(name: string, known: readonly string[]): string {
  if (known.length === 0) return 'there is no such parameter; this takes none';
  return `there is no such parameter${meant(name, known) || listed(known)}`;
}
