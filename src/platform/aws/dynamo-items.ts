import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** An item as the protocol has it: `{ pk: { S: '...' }, version: { N: '1' } }`. */
export type Item = Record<string, AttributeValue>;

/** The key of an item in the table. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

export type Scalar = string | number | boolean | Uint8Array;

/** Attributes from plain values; what is undefined is left out. */
export function attributes(values: Readonly<Record<string, Scalar | undefined>>): Item {
  const item: Item = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) item[name] = attribute(value);
  }
  return item;
}

export function attribute(value: Scalar): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  return { B: value };
}

/** An attribute that holds text; throws where the item is not what was written. */
export function text(item: Item, name: string): string {
  const value = optionalText(item, name);
  if (value === undefined) throw new Error(`attribute ${name} holds no text`);
  return value;
}

export function optionalText(item: Item, name: string): string | undefined {
  return item[name]?.S;
}

/** An attribute that holds a whole number. */
export function integer(item: Item, name: string): number {
  const value = optionalInteger(item, name);
  if (value === undefined) throw new Error(`attribute ${name} holds no whole number`);
  return value;
}

export function optionalInteger(item: Item, name: string): number | undefined {
  const value = item[name]?.N;
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new Error(`attribute ${name} holds ${value}, not a whole number`);
  return number;
}

/** True where the attribute is there and true. */
export function isSet(item: Item, name: string): boolean {
  return item[name]?.BOOL === true;
}

export function keyOf(item: Item): Key {
  return { pk: text(item, 'pk'), sk: text(item, 'sk') };
}
