import fc from 'fast-check';
import { hostileJson, hostileText } from './hostile-values.ts';

/** A schema of an OpenAPI 3.1 document, as far as ours uses the language. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

export type Schemas = Readonly<Record<string, Schema>>;

/** More levels than any of our documents has. */
const DEEPEST = 6;

/** Values that keep to a schema. */
export function validFor(schema: Schema, schemas: Schemas, depth = 0): fc.Arbitrary<unknown> {
  const inner = (part: Schema) => validFor(part, schemas, depth + 1);
  if (depth > DEEPEST) return fc.constant(null);
  if (schema.$ref !== undefined) return inner(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map(inner));
  if (schema.allOf) return fc.tuple(...schema.allOf.map(inner)).map((parts) => Object.assign({}, ...parts));
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  if (types.length === 0) return fc.jsonValue({ maxDepth: 2 });
  return fc.oneof(...types.map((type) => ofType(type, schema, inner)));
}

/** Values that are nearly as they should be: one member is wrong, missing, or too many. */
export function nearly(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(valid, hostileText, hostileJson, fc.nat()).map(spoilt);
}

type Inner = (part: Schema) => fc.Arbitrary<unknown>;

function ofType(type: string, schema: Schema, inner: Inner): fc.Arbitrary<unknown> {
  const { minimum = -1_000_000, maximum = 1_000_000_000, minItems = 0, maxItems = 3 } = schema;
  switch (type) {
    case 'string':
      return text(schema);
    case 'integer':
      return fc.integer({ min: Math.ceil(minimum), max: Math.floor(maximum) });
    case 'number':
      return fc.double({ min: minimum, max: maximum, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(inner(schema.items ?? {}), {
        minLength: minItems,
        maxLength: Math.min(maxItems, minItems + 3),
      });
    default:
      return record(schema, inner);
  }
}

function record(schema: Schema, inner: Inner): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties: more } = schema;
  const members = Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, inner(part)]));
  const known = fc.record(members, { requiredKeys: required.filter((name) => name in members) });
  if (typeof more !== 'object') return known;
  return fc
    .tuple(fc.dictionary(fc.string({ minLength: 1, maxLength: 10 }), inner(more), { maxKeys: 3 }), known)
    .map(([others, own]) => ({ ...others, ...own }));
}

function text({ format, pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time') {
    const year = 366 * 24 * 3_600_000;
    return fc.integer({ min: -50 * year, max: 200 * year }).map((at) => new Date(at).toISOString());
  }
  if (format === 'email') return fc.emailAddress();
  if (pattern !== undefined) {
    try {
      return fc.stringMatching(new RegExp(pattern, 'u'), { maxLength: 40 });
    } catch {
      // a pattern that cannot be turned round
    }
  }
  return fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) });
}

function spoilt([value, text, json, number]: [unknown, string, unknown, number]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return json;
  const names = Object.keys(value);
  const name = names[number % Math.max(1, names.length)];
  const without = Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
  const ways: unknown[] = [
    without,
    { ...value, [text]: json },
    { ...value, tenant_id: 'other', role: 'owner', status: 'ready' },
    ...(name === undefined
      ? []
      : [
          { ...value, [name]: text },
          { ...value, [name]: json },
          { ...value, [name]: null },
        ]),
  ];
  return ways[number % ways.length];
}
