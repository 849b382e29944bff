import { displayWidth, fitted } from './width.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** the most room it gets, in columns; what is longer loses its middle */
  readonly atMost?: number;
}

const GAP = '  ';

/** A table of rows that are all known, one line each, the titles first. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const sized = columns.map((column, index) => ({
    ...column,
    width: widest([column.title, ...rows.map((row) => row[index] ?? '')], column.atMost),
  }));
  return [titlesOf(sized), ...rows.map((row) => formatRow(sized, row))];
}

export interface SizedColumn extends Column {
  /** in columns of the terminal */
  readonly width: number;
}

/** One row of a table whose rows come one by one. */
export function formatRow(columns: readonly SizedColumn[], cells: readonly string[]): string {
  return columns
    .map(({ width, align }, index) => padded(fitted(cells[index] ?? '', width), width, align))
    .join(GAP)
    .trimEnd();
}

export function titlesOf(columns: readonly SizedColumn[]): string {
  return formatRow(
    columns,
    columns.map(({ title }) => title),
  );
}

export function widest(texts: readonly string[], atMost = Number.POSITIVE_INFINITY): number {
  const most = texts.reduce((width, text) => Math.max(width, displayWidth(text)), 0);
  return Math.min(most, atMost);
}

function padded(text: string, width: number, align?: 'right'): string {
  const room = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? room + text : text + room;
}
