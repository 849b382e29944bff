/** A kind of value: how the text of a parameter is read, and the one way in which the value is written again. */
export interface Kind<Value> {
  /** what is taken, in words that follow "must be" */
  readonly range: string;

  /** @returns undefined where the text is not of this kind */
  read(text: string): Value | undefined;

  /** The text that is read as this value. */
  write(value: Value): string;

  /** What the sender of a text that is not of this kind probably has to do: a sentence. */
  mend?(text: string): string | undefined;
}

/** `a, b or c` */
export function alternatives(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

/** Elements of a comma-separated list; undefined where one of them cannot be read. */
export function readEach<Value>(
  text: string,
  read: (element: string) => Value | undefined,
): Value[] | undefined {
  const values: Value[] = [];
  for (const element of text.split(',')) {
    const value = read(element.trim());
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}
