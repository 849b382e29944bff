import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog } from '../../images/catalog.ts';
import type { Clock } from '../../images/clock.ts';
import type { NewImageEvent } from '../../images/events.ts';
import { inParallel } from '../embedded/in-parallel.ts';
import { firstEventId } from '../event-ids.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { forgetEvents, noteDay } from './dynamo-event-days.ts';
import {
  EventIds,
  eventFrom,
  eventItem,
  isEventId,
  logPartitions,
  outboxPartition,
  timeOfId,
} from './dynamo-event-items.ts';
import { heapPartitions } from './dynamo-image-items.ts';
import { attribute, type Item, text } from './dynamo-items.ts';
import { firstOf } from './dynamo-merge.ts';
import { AT_ONCE, itemsOf, writeBatch } from './dynamo-requests.ts';
import { ttlAt } from './dynamo-times.ts';
import { put, type Step, TRY_MS } from './dynamo-transact.ts';

/**
 * After so long, no event with a smaller id than one that was read can appear any more: a transaction ends, or is
 * begun anew with other ids, within `TRY_MS`, and the clocks of the machines may differ by the rest. Milliseconds.
 */
export const SETTLED_MS = TRY_MS + 500;
/** What was handed on goes by itself after this; `Last-Event-ID` reaches this far back. */
const KEPT_MS = 7 * 24 * 3_600_000;
/** How many events that were handed out or on are remembered, in case an index lags behind. */
const MOST_REMEMBERED = 20_000;

export interface DynamoEventLog extends EventLog {
  /** To be awaited before {@link append}: notes that the tenants have events today. */
  prepare(events: readonly NewImageEvent[]): Promise<void>;
  /** The steps that add events, in order, to the transaction that makes them true. Ids are of this moment. */
  append(events: readonly NewImageEvent[]): Step[];
}

export interface EventLogDeps {
  readonly table: DynamoTable;
  readonly clock: Clock;
  /** milliseconds; `SETTLED_MS` unless a test writes by one process alone */
  readonly settledMs?: number;
}

export function createDynamoEventLog({ table, clock, settledMs = SETTLED_MS }: EventLogDeps): DynamoEventLog {
  const ids = new EventIds();
  const days = new Set<string>();
  const handedOut = new Map<string, Item>();
  const handedOn = new Set<string>();

  const isSettled = (id: string) => timeOfId(id) <= clock.now() - settledMs;

  function read(tenantId: string, bounds: { from?: string; to?: string }, limit: number): Promise<Item[]> {
    return firstOf(table, { partitions: logPartitions(tenantId), ...bounds }, limit);
  }

  /** As it is written once it has been handed on. */
  function delivered(item: Item): Item {
    const { wp: _, ws: __, ...kept } = item;
    return { ...kept, ttl: attribute(ttlAt(timeOfId(text(item, 'sk')) + KEPT_MS)) };
  }

  async function waiting(id: string): Promise<Item[]> {
    const known = handedOut.get(id);
    if (known) return [known];
    return itemsOf(table, { index: 'work', partition: outboxPartition(id), from: id, to: id });
  }

  return {
    async prepare(events) {
      await noteDay(table, { events, known: days, now: clock.now() });
    },

    append(events) {
      return events.map((event) => put(eventItem(ids.next(event.imageId, clock.now()), event)));
    },

    async undelivered(limit) {
      const partitions = heapPartitions('outbox');
      // More than asked for, as some may have been handed on a moment ago.
      const items = await firstOf(table, { index: 'work', partitions }, limit + handedOn.size);
      const fresh = items.filter((item) => !handedOn.has(text(item, 'sk'))).slice(0, limit);
      if (handedOn.size > 0 && items.length < limit) handedOn.clear();
      for (const item of fresh) handedOut.set(text(item, 'sk'), item);
      forgetFirst(handedOut);
      return fresh.map(eventFrom);
    },

    async delivered(given) {
      const asked = [...new Set(given.filter(isEventId))];
      const items: Item[] = [];
      await inParallel(asked, AT_ONCE, async (id) => void items.push(...(await waiting(id))));
      await writeBatch(table, { put: items.map(delivered) });
      for (const id of asked) {
        handedOut.delete(id);
        handedOn.add(id);
      }
      forgetFirst(handedOn);
    },

    async since(tenantId, afterId, limit) {
      const from = afterId === undefined ? {} : { from: `${afterId}\u0000` };
      const items = await read(tenantId, from, limit);
      const last = items.at(-1);
      if (last === undefined || isSettled(text(last, 'sk'))) return items.map(eventFrom);
      await sleep(settledMs);
      return (await read(tenantId, { ...from, to: text(last, 'sk') }, limit)).map(eventFrom);
    },

    async latestId(tenantId) {
      const [newest] = await firstOf(table, { partitions: logPartitions(tenantId), isDescending: true }, 1);
      if (newest === undefined) return undefined;
      const id = text(newest, 'sk');
      // Whoever goes on from here would miss what is still being written with a smaller id.
      if (!isSettled(id)) await sleep(settledMs);
      return id;
    },

    async forget(before) {
      return forgetEvents(table, firstEventId(before));
    },
  };
}

function forgetFirst(remembered: Map<string, unknown> | Set<string>): void {
  for (const id of remembered.keys()) {
    if (remembered.size <= MOST_REMEMBERED) return;
    remembered.delete(id);
  }
}
