import { STATUSES, type Status } from '../../images/image.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attribute, type Key, optionalInteger } from './dynamo-items.ts';
import { getItems, updateItem } from './dynamo-requests.ts';
import { SHARDS } from './dynamo-shards.ts';

const FLUSH_MS = 1_000;

/**
 * How many images each status has. What a process changes is added up in its memory and written once a second: in the
 * transactions themselves it would cost as much as the records. A process that is killed loses its last second of it.
 */
export interface StatusCounts {
  /** An image came, changed or went. */
  note(from: Status | undefined, to: Status | undefined): void;
  read(): Promise<Partial<Record<Status, number>>>;
  /** Writes what was noted. */
  close(): Promise<void>;
}

export function createStatusCounts(table: DynamoTable): StatusCounts {
  let noted = new Map<Status, number>();
  let flushing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  function add(status: Status | undefined, count: number): void {
    if (status !== undefined) noted.set(status, (noted.get(status) ?? 0) + count);
  }

  async function flushNow(): Promise<void> {
    const changes = [...noted].filter(([, count]) => count !== 0);
    noted = new Map();
    if (changes.length === 0) return;
    const names = Object.fromEntries(changes.map(([status], at) => [`#s${at}`, status]));
    const values = Object.fromEntries(changes.map(([, count], at) => [`:c${at}`, attribute(count)]));
    const expression = `ADD ${changes.map((_, at) => `#s${at} :c${at}`).join(', ')}`;
    try {
      await updateItem(table, keys[Math.floor(Math.random() * keys.length)] ?? keyOf(0), {
        expression,
        names,
        values,
      });
    } catch (error) {
      for (const [status, count] of changes) add(status, count);
      throw error;
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    flushing = flushing.catch(() => {}).then(flushNow);
    return flushing;
  }

  return {
    note(from, to) {
      add(from, -1);
      add(to, 1);
      // A fault keeps what was noted for the next time.
      timer ??= setTimeout(() => flush().catch(() => {}), FLUSH_MS).unref();
    },

    async read() {
      await flush();
      const items = await getItems(table, keys);
      const sums = STATUSES.map(
        (status) =>
          [status, items.reduce((sum, item) => sum + (optionalInteger(item, status) ?? 0), 0)] as const,
      );
      return Object.fromEntries(sums.filter(([, sum]) => sum > 0));
    },

    close: () => flush(),
  };
}

const keys: readonly Key[] = Array.from({ length: SHARDS.global }, (_, shard) => keyOf(shard));

function keyOf(shard: number): Key {
  return { pk: `C#${shard}`, sk: 'C' };
}
