import type { Row } from './database.ts';

/** A column that holds text; throws where the row is not what the statement promised. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new Error(`column ${column} holds ${typeof value}, not text`);
  return value;
}

/** A column that holds a whole number. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new Error(`column ${column} holds ${typeof value}, not a number`);
  return value;
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

export function optionalInteger(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : integer(row, column);
}

/** A column that holds one of a few words. */
export function oneOf<Word extends string>(words: readonly Word[], row: Row, column: string): Word {
  const value = text(row, column);
  const word = words.find((known) => known === value);
  if (word === undefined) throw new Error(`column ${column} holds none of ${words.join(', ')}`);
  return word;
}
