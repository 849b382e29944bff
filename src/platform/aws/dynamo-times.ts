/** Digits of milliseconds since 1970, so that times sort as text. */
const DIGITS = 15;

/** A time as the beginning of a sort key; times before 1970 count as 1970. */
export function sortable(milliseconds: number): string {
  return String(Math.max(0, milliseconds)).padStart(DIGITS, '0');
}

/** A place in a list by time. Equal times are told apart by the id, which also sorts. */
export function placeOf(milliseconds: number, id: string): string {
  return `${sortable(milliseconds)}#${id}`;
}

/** For the attribute that the server deletes by. */
export function ttlAt(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}
