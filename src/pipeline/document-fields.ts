import { z } from 'zod';
import { didYouMean } from '../did-you-mean.ts';

/**
 * The kinds of fields a pipeline document is made of. Each says in one sentence what the field must be and what it
 * got, so that every mistake in it, whichever check finds it, reads the same:
 * `must be a whole number from 1 to 8192; got "12px"`. The path in front is added by document-errors.ts.
 */

export function wholeNumber(least: number, most: number) {
  return z
    .number({ error: mustBe(`a whole number from ${least} to ${most}`) })
    .int()
    .min(least)
    .max(most);
}

export function decimal(least: number, most: number) {
  return z
    .number({ error: mustBe(`a number from ${least} to ${most}`) })
    .min(least)
    .max(most);
}

export function flag() {
  return z.boolean({ error: mustBe('true or false') });
}

/** A filter that has nothing to set: it is there or it is not. */
export function present() {
  return z.literal(true, { error: mustBe('true') });
}

export function choice<const Choice extends string>(all: readonly Choice[]) {
  return z.enum(all, { error: mustBe(oneOf(all), all) });
}

/** Each value of a list of choices at most once. */
export function choices<const Choice extends string>(all: readonly Choice[], least: number) {
  const count = least === 0 ? '' : `at least ${least} of `;
  const error = mustBe(`a list of ${count}${all.join(', ')}, each at most once`);
  return z
    .array(choice(all), { error })
    .min(least)
    .max(all.length)
    .refine((values) => new Set(values).size === values.length, { error });
}

export function listOf<Item extends z.ZodType>(item: Item, least: number, most: number, what: string) {
  return z
    .array(item, { error: mustBe(`a list of ${least} to ${most} ${what}`) })
    .min(least)
    .max(most);
}

/** Text in a certain form, which `what` describes. */
export function textLike(pattern: RegExp, what: string) {
  return z.string({ error: mustBe(what) }).regex(pattern);
}

/** Visible text: control characters would break what the text is drawn with, and hide from who reads the document. */
export function text(most: number) {
  const error = mustBe(`text of 1 to ${most} characters without control characters`);
  return z
    .string({ error })
    .min(1)
    .max(most)
    .refine((value) => !/[\p{Cc}\p{Cs}]/u.test(value), { error });
}

export function color() {
  return textLike(/^#[0-9a-fA-F]{6}$/, 'a colour written #rrggbb');
}

export function colorWithAlpha() {
  return textLike(/^#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?$/, 'a colour written #rrggbb or #rrggbbaa');
}

/** An object without unknown fields: a misspelt field is a mistake, never a silent default. */
export function fields<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape);
  const notAnObject = mustBe('an object');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? unknownFields(issue.keys as string[], names) : notAnObject(issue),
  });
}

/** The sentence for an object whose kind (`step`, `format`) is none of the known ones. */
export function unknownKind(field: string, kinds: readonly string[], notYet: readonly string[] = []) {
  const wrongKind = mustBe(oneOf(kinds), kinds);
  const notAnObject = mustBe('an object');
  return ({ input }: ErrorInput): string => {
    if (typeof input !== 'object' || input === null) return notAnObject({ input });
    const kind: unknown = Reflect.get(input, field);
    if (typeof kind === 'string' && notYet.includes(kind)) {
      return `must be ${oneOf(kinds)}; "${kind}" comes with a later version: take the step out`;
    }
    return wrongKind({ input: kind });
  };
}

interface ErrorInput {
  readonly input?: unknown;
}

/** The sentence of a field, with what it got and, out of `candidates`, what was probably meant. */
function mustBe(what: string, candidates: readonly string[] = []): (issue: ErrorInput) => string {
  return ({ input }) =>
    input === undefined
      ? `is missing: it must be ${what}`
      : `must be ${what}; got ${shown(input)}${suggestion(input, candidates)}`;
}

function unknownFields(unknown: readonly string[], known: readonly string[]): string {
  const [first = ''] = unknown;
  const mend = suggestion(first, known) || `; its fields are ${known.join(', ')}`;
  return `has no field ${unknown.slice(0, 5).map(shown).join(', ')}${mend}`;
}

function suggestion(typed: unknown, candidates: readonly string[]): string {
  const near = typeof typed === 'string' ? didYouMean(typed.slice(0, 64), candidates) : undefined;
  return near === undefined || near === typed ? '' : `; did you mean "${near}"?`;
}

function oneOf(all: readonly string[]): string {
  return all.length === 1 ? `"${all[0]}"` : `one of ${all.join(', ')}`;
}

/** A value as it is written in JSON, cut to what fits in a sentence. */
function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length <= 60 ? json : `${json.slice(0, 60)}…`;
}
