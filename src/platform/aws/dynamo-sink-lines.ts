import { QueryCommand } from '@aws-sdk/client-dynamodb';
import type { ImageEvent } from '../../images/events.ts';
import type { SinkLines } from '../../notices/sink-lines.ts';
import { StoredEvent } from '../../notices/webhooks/stored-message.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { onDynamo } from './dynamo-failures.ts';
import { attributes, type Item, type Key, text } from './dynamo-items.ts';
import { firstOf } from './dynamo-merge.ts';
import { writeBatch } from './dynamo-requests.ts';
import { SHARDS, shardOf, shardsOf } from './dynamo-shards.ts';

/** Each line in a few partitions; in each, what waits is in the order of its ids. */
export function createDynamoSinkLines(table: DynamoTable): SinkLines {
  async function count(partition: string): Promise<number> {
    let [counted, start]: [number, Item | undefined] = [0, undefined];
    do {
      const command: QueryCommand = new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: 'pk = :line',
        ExpressionAttributeValues: { ':line': { S: partition } },
        Select: 'COUNT',
        ...(start && { ExclusiveStartKey: start }),
      });
      const { Count = 0, LastEvaluatedKey } = await onDynamo(table.client.send(command));
      counted += Count;
      start = LastEvaluatedKey;
    } while (start);
    return counted;
  }

  async function waiting(sink: string, limit: number): Promise<ImageEvent[]> {
    const items = await firstOf(table, { partitions: linePartitions(sink) }, limit);
    return items.map((item) => StoredEvent.parse(JSON.parse(text(item, 'event'))));
  }

  return {
    async add(sinks, events) {
      const once = new Map(events.map((event) => [event.id, event]));
      const put = sinks.flatMap((sink) =>
        [...once.values()].map((event) =>
          attributes({ ...placeKey(sink, event.id), event: JSON.stringify(event) }),
        ),
      );
      await writeBatch(table, { put });
    },

    waiting,

    async done(sink, ids) {
      await writeBatch(table, { remove: [...new Set(ids)].map((id) => placeKey(sink, id)) });
    },

    async depth(sink) {
      const counts = await Promise.all(linePartitions(sink).map(count));
      const [oldest] = await waiting(sink, 1);
      const all = counts.reduce((sum, each) => sum + each, 0);
      return { waiting: all, ...(oldest && { oldestAt: oldest.at }) };
    },
  };
}

const linePartitions = (sink: string) => shardsOf(`line#${sink}`, SHARDS.line);

function placeKey(sink: string, eventId: string): Key {
  return { pk: `line#${sink}#${shardOf(eventId, SHARDS.line)}`, sk: eventId };
}
