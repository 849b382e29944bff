import type { Kind } from './kind.ts';

/** Groups of parameters, in the order of the documentation. */
export const GROUPS = [
  'Size',
  'Crop',
  'Source',
  'Format',
  'Adjustment',
  'Style',
  'Rotation',
  'Trim',
  'Frame',
  'Watermark',
  'Text',
  'Palette',
  'Faces',
] as const;
export type Group = (typeof GROUPS)[number];

/** A parameter of the grammar: everything that parsing, messages and documentation know about it. */
export interface Parameter<Value> {
  readonly group: Group;
  /** other names of it */
  readonly aliases?: readonly string[];
  /** as in `w={length}` */
  readonly syntax: string;
  /** what it takes, in words too, and how it is read and written */
  readonly kind: Kind<Value>;
  /** sentences; says the default */
  readonly meaning: string;
  readonly example: Example;
  /** a list that may also be given by repeating the name; it has no base64url variant then */
  readonly isRepeatable?: true;
  /** this value is the same as none */
  readonly neutral?: NoInfer<Value>;
}

export interface Example {
  readonly query: string;
  /** of samples/, without extension, or one made for the documentation; chelsea where absent */
  readonly photo?: 'astronaut' | 'coffee' | 'rocket' | 'framed' | 'moving';
  /** what it answers, in words, where that is not a picture of its own */
  readonly answers?: string;
}

export type Parameters = Readonly<Record<string, Parameter<unknown>>>;

/** What a query gave, by parameter. Absent: not given, or neutral. */
export type Given<Of> = {
  readonly [Name in keyof Of]?: Of[Name] extends Parameter<infer Value> ? Value : never;
};

export function parameter<Value>(row: Parameter<Value>): Parameter<Value> {
  return row;
}
