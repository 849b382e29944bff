/** `values` without the properties that are undefined. */
export function defined<Values extends object>(values: Values): Defined<Values> {
  const kept: Record<string, unknown> = {};
  // Every request comes by here a dozen times: arrays of entries made reading a URL five times slower.
  for (const name in values) if (values[name] !== undefined) kept[name] = values[name];
  return kept as Defined<Values>;
}

export type Defined<Values> = {
  [Name in keyof Values as undefined extends Values[Name] ? never : Name]: Values[Name];
} & {
  [Name in keyof Values as undefined extends Values[Name] ? Name : never]?: Exclude<Values[Name], undefined>;
};
