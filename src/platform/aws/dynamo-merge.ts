import type { DynamoTable } from './dynamo-client.ts';
import type { Item } from './dynamo-items.ts';
import { pagesOf, type Stretch } from './dynamo-requests.ts';
import { TABLE } from './dynamo-table.ts';

/** Several stretches with the same index, order and bounds, read as one. */
export interface Spread extends Omit<Stretch, 'partition' | 'pageSize'> {
  readonly partitions: readonly string[];
  /** how many items the reader is likely to want */
  readonly likely: number;
}

/** More than its part of what is wanted: chance deals unevenly, and a second request costs more than a few items. */
const MARGIN = 1.5;
const LEAST_PAGE = 4;

/**
 * The items of all partitions in the order of their sort keys, as far as somebody reads. The first page of each is
 * asked for at the same time, further ones when they are needed.
 */
export async function* merged(table: DynamoTable, spread: Spread): AsyncGenerator<Item> {
  const { partitions, likely, ...stretch } = spread;
  const pageSize =
    Math.ceil((likely / partitions.length) * (partitions.length > 1 ? MARGIN : 1)) + LEAST_PAGE;
  const key = stretch.index === undefined ? TABLE.key : TABLE.indexes[stretch.index];
  const sortOf = (item: Item) => item[key.sort]?.S ?? '';
  const comesFirst = (one: string, other: string) => (stretch.isDescending ? one > other : one < other);
  const lines = await Promise.all(
    partitions.map((partition) => openLine(pagesOf(table, { ...stretch, partition, pageSize }))),
  );
  for (;;) {
    let first: Line | undefined;
    for (const line of lines) {
      if (line.front && (!first?.front || comesFirst(sortOf(line.front), sortOf(first.front)))) first = line;
    }
    if (!first?.front) return;
    yield first.front;
    await first.moveUp();
  }
}

/** The first `limit` of {@link merged}. */
export async function firstOf(
  table: DynamoTable,
  spread: Omit<Spread, 'likely'>,
  limit: number,
): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of merged(table, { ...spread, likely: limit })) {
    if (found.push(item) >= limit) break;
  }
  return found;
}

interface Line {
  /** undefined where nothing is left */
  readonly front: Item | undefined;
  moveUp(): Promise<void>;
}

async function openLine(pages: AsyncGenerator<Item[]>): Promise<Line> {
  let page: Item[] = [];
  let at = 0;
  async function fill(): Promise<void> {
    while (at >= page.length) {
      const next = await pages.next();
      if (next.done) return;
      [page, at] = [next.value, 0];
    }
  }
  await fill();
  return {
    get front() {
      return page[at];
    },
    async moveUp() {
      at += 1;
      await fill();
    },
  };
}
