import { ScanCommand } from '@aws-sdk/client-dynamodb';
import type { CatalogUpkeep } from '../../images/catalog.ts';
import type { Clock } from '../../images/clock.ts';
import type { StoredImage } from '../../images/image.ts';
import { isGone } from '../../images/states.ts';
import { inParallel } from '../embedded/in-parallel.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { onDynamo } from './dynamo-failures.ts';
import {
  heapPartition,
  heapPartitions,
  imageFrom,
  imageKey,
  imageKeyAsked,
  statusOf,
} from './dynamo-image-items.ts';
import { attributes, type Item, integer, keyOf, text } from './dynamo-items.ts';
import { merged, type Spread } from './dynamo-merge.ts';
import { AT_ONCE, deleteItem, getItem, getItems, pagesOf, updateItem } from './dynamo-requests.ts';
import type { StatusCounts } from './dynamo-status-counts.ts';
import { placeOf, sortable } from './dynamo-times.ts';

export interface DynamoUpkeepDeps {
  readonly table: DynamoTable;
  readonly clock: Clock;
  readonly counts: StatusCounts;
}

const BATCH = 100;

export function createDynamoUpkeep({ table, clock, counts }: DynamoUpkeepDeps): CatalogUpkeep {
  /** The first `limit` images that an index names and that are, as they are now, what is looked for. */
  async function select(
    spread: Omit<Spread, 'likely'>,
    isMeant: (item: Item) => boolean,
    limit: number,
  ): Promise<Item[]> {
    const found: Item[] = [];
    const candidates = merged(table, { ...spread, likely: Math.min(limit, BATCH) });
    while (found.length < limit) {
      const keys = [];
      while (keys.length < Math.min(BATCH, limit)) {
        const next = await candidates.next();
        if (next.done) break;
        keys.push(keyOf(next.value));
      }
      if (keys.length === 0) break;
      found.push(...(await getItems(table, keys)).filter(isMeant));
    }
    return found.slice(0, limit);
  }

  async function forgetTombstones(partition: string, before: string): Promise<number> {
    let gone = 0;
    for await (const page of pagesOf(table, { index: 'due', partition, to: before })) {
      for (const item of await getItems(table, page.map(keyOf))) {
        // Whoever deletes it counts it.
        const isOurs = await deleteItem(table, keyOf(item), { expression: 'purged = :true', values: TRUE });
        if (!isOurs) continue;
        counts.note(statusOf(item), undefined);
        gone += 1;
      }
    }
    return gone;
  }

  async function forgetKeys(partition: string, before: string): Promise<void> {
    const condition = { expression: 'ds < :before', values: attributes({ ':before': before }) };
    for await (const page of pagesOf(table, { index: 'due', partition, to: before })) {
      // One that was claimed again meanwhile is younger.
      await inParallel(page, AT_ONCE, async (item) => void (await deleteItem(table, keyOf(item), condition)));
    }
  }

  return {
    async readAny(tenantId, imageId) {
      const key = imageKeyAsked(imageId);
      const item = key && (await getItem(table, key));
      return item && text(item, 'tenant') === tenantId ? imageFrom(item) : undefined;
    },

    async expired(limit) {
      const now = clock.now();
      const spread = { index: 'due', partitions: heapPartitions('expiring'), to: sortable(now + 1) } as const;
      const isMeant = (item: Item) => integer(item, 'expires') <= now && !isGone(statusOf(item));
      return (await select(spread, isMeant, limit)).map(imageFrom);
    },

    async unpurged(limit) {
      const spread = { index: 'work', partitions: heapPartitions('unpurged') } as const;
      const isMeant = (item: Item) => isGone(statusOf(item)) && item.purged === undefined;
      return (await select(spread, isMeant, limit)).map(imageFrom);
    },

    async markPurged(tenantId, imageId) {
      const key = imageKey(imageId);
      const item = await getItem(table, key);
      if (!item || text(item, 'tenant') !== tenantId || !isGone(statusOf(item))) return;
      await updateItem(
        table,
        key,
        {
          expression: 'SET purged = :true, dp = :dp, ds = :ds REMOVE wp, ws',
          values: {
            ...TRUE,
            ...attributes({
              ':dp': heapPartition('forgettable', imageId),
              ':ds': placeOf(integer(item, 'written'), imageId),
            }),
          },
        },
        { expression: 'version = :version', values: attributes({ ':version': integer(item, 'version') }) },
      );
    },

    async forgetTombstones(before) {
      const end = sortable(before);
      await Promise.all(heapPartitions('keys').map((partition) => forgetKeys(partition, end)));
      const gone = await Promise.all(
        heapPartitions('forgettable').map((partition) => forgetTombstones(partition, end)),
      );
      return gone.reduce((sum, count) => sum + count, 0);
    },

    async stalled(before, limit) {
      // No image is written before it was uploaded: what was uploaded later need not be looked at.
      const spread = {
        index: 'work',
        partitions: heapPartitions('unfinished'),
        to: sortable(before),
      } as const;
      const isMeant = (item: Item) => UNFINISHED.has(statusOf(item)) && integer(item, 'written') < before;
      // The index goes by upload time: those who waited longest are among the first, not in this order.
      const found = await select(spread, isMeant, Math.max(limit, BATCH));
      found.sort((one, other) => integer(one, 'written') - integer(other, 'written'));
      return found.slice(0, limit).map(imageFrom);
    },

    async *all(): AsyncGenerator<StoredImage> {
      let start: Item | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await onDynamo(
          table.client.send(
            new ScanCommand({
              TableName: table.name,
              ConsistentRead: true,
              FilterExpression: 'begins_with(pk, :image)',
              ExpressionAttributeValues: { ':image': { S: IMAGES } },
              ...(start && { ExclusiveStartKey: start }),
            }),
          ),
        );
        for (const item of Items) yield imageFrom(item);
        start = LastEvaluatedKey;
      } while (start);
    },

    counts: () => counts.read(),
  };
}

const TRUE = attributes({ ':true': true });
const UNFINISHED: ReadonlySet<string> = new Set(['received', 'processing']);
const IMAGES = imageKey('').pk;
