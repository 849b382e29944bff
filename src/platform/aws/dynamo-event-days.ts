import type { NewImageEvent } from '../../images/events.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { logPartitions, timeOfId } from './dynamo-event-items.ts';
import { attributes, keyOf, text } from './dynamo-items.ts';
import { itemsOf, pagesOf, putItem, writeBatch } from './dynamo-requests.ts';

/**
 * Which tenants had events on which day, so that old ones are found without an index that every event would pay for.
 * `known` is what this process has noted already.
 */
export async function noteDay(
  table: DynamoTable,
  { events, known, now }: { events: readonly NewImageEvent[]; known: Set<string>; now: number },
): Promise<void> {
  const day = dayOf(now);
  const names = new Set(events.map(({ tenantId }) => `${day}#${tenantId}`));
  for (const name of names) {
    if (known.has(name)) continue;
    await putItem(table, attributes({ pk: DAYS, sk: name }));
    if (known.size >= MOST_KNOWN) known.clear();
    known.add(name);
  }
}

/** Deletes what was handed on and has a smaller id. @returns how many */
export async function forgetEvents(table: DynamoTable, before: string): Promise<number> {
  const last = dayOf(timeOfId(before));
  let forgotten = 0;
  for (const entry of await itemsOf(table, { partition: DAYS, to: `${last + 1}` })) {
    const name = text(entry, 'sk');
    const tenantId = name.slice(name.indexOf('#') + 1);
    const { gone, left } = await forgetOf(table, tenantId, before);
    forgotten += gone;
    const isOver = Number(name.slice(0, name.indexOf('#'))) < last;
    if (isOver && !left) await writeBatch(table, { remove: [keyOf(entry)] });
  }
  return forgotten;
}

async function forgetOf(
  table: DynamoTable,
  tenantId: string,
  before: string,
): Promise<{ gone: number; left: boolean }> {
  let gone = 0;
  let left = false;
  // One after the other: nobody waits for it, and others may need the room.
  for (const partition of logPartitions(tenantId)) {
    for await (const page of pagesOf(table, { partition, to: before, isStale: true })) {
      const done = page.filter(({ wp }) => wp === undefined).map(keyOf);
      left ||= done.length < page.length;
      await writeBatch(table, { remove: done });
      gone += done.length;
    }
  }
  return { gone, left };
}

const DAYS = 'ED';
const DAY = 24 * 3_600_000;
const MOST_KNOWN = 10_000;

function dayOf(milliseconds: number): number {
  return Math.floor(milliseconds / DAY);
}
