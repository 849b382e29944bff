import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AttributeDefinition,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  type GlobalSecondaryIndex,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { clientSettings } from '../credentials.ts';
import { acceptance, freshName, type Probe } from './outcome.ts';

const TTL_PATIENCE_MS = 6_000;

const unfinishedIndex: GlobalSecondaryIndex = {
  IndexName: 'unfinished',
  KeySchema: [{ AttributeName: 'unfinished', KeyType: 'HASH' }],
  Projection: { ProjectionType: 'ALL' },
};

interface FreshTable {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
}

/** A table with the key `pk`, and unless it is plain an index on `unfinished`. */
async function freshTable(endpoint: string, kind: 'plain' | 'indexed' = 'indexed'): Promise<FreshTable> {
  const dynamodb = new DynamoDBClient(clientSettings(endpoint));
  const table = freshName('table');
  const keys = kind === 'plain' ? ['pk'] : ['pk', 'unfinished'];
  await dynamodb.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map(
        (AttributeName): AttributeDefinition => ({
          AttributeName,
          AttributeType: 'S',
        }),
      ),
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      ...(kind === 'plain' ? {} : { GlobalSecondaryIndexes: [unfinishedIndex] }),
    }),
  );
  return { dynamodb, table };
}

const item = (pk: string, more: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries({ pk, ...more }).map(([name, value]) => [name, { S: value }]));
const isNew = { ConditionExpression: 'attribute_not_exists(pk)' };

interface Refused {
  readonly name: string;
  readonly Item?: unknown;
  readonly CancellationReasons?: readonly { readonly Code?: string }[];
}

const refusalOf = (call: Promise<unknown>): Promise<Refused | undefined> =>
  call.then(
    () => undefined,
    (error: Refused) => error,
  );

/** Puts an item whose time has passed, and looks for some seconds whether it goes. */
async function pastItsTime(endpoint: string, kind: 'plain' | 'indexed'): Promise<string> {
  const { dynamodb, table } = await freshTable(endpoint, kind);
  const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true };
  await dynamodb.send(new UpdateTimeToLiveCommand({ TableName: table, TimeToLiveSpecification }));
  const past = { N: String(Math.floor(Date.now() / 1000) - 60) };
  await dynamodb.send(new PutItemCommand({ TableName: table, Item: { ...item('a'), expires: past } }));
  const deadline = Date.now() + TTL_PATIENCE_MS;
  while (Date.now() < deadline) {
    const { Item } = await dynamodb.send(new GetItemCommand({ TableName: table, Key: item('a') }));
    if (!Item) return 'deleted';
    await sleep(250);
  }
  return 'still there';
}

export const dynamodbProbes = {
  async dynamodb_condition(endpoint) {
    const { dynamodb, table } = await freshTable(endpoint);
    const put = new PutItemCommand({
      ...{ TableName: table, Item: item('a'), ...isNew },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    await dynamodb.send(put);
    const refused = await refusalOf(dynamodb.send(put));
    if (refused?.name !== 'ConditionalCheckFailedException') return String(refused?.name ?? 'accepted');
    return refused.Item ? 'refused, with the item' : 'refused, without the item';
  },

  async dynamodb_transaction(endpoint) {
    const { dynamodb, table } = await freshTable(endpoint);
    await dynamodb.send(new PutItemCommand({ TableName: table, Item: item('there') }));
    const TransactItems = ['new', 'there'].map((pk) => ({
      Put: { TableName: table, Item: item(pk), ...isNew },
    }));
    const refused = await refusalOf(dynamodb.send(new TransactWriteItemsCommand({ TransactItems })));
    const { Item } = await dynamodb.send(new GetItemCommand({ TableName: table, Key: item('new') }));
    if (Item) return 'half of it written';
    return `refused: ${(refused?.CancellationReasons ?? []).map(({ Code }) => Code).join(', ')}`;
  },

  async dynamodb_transaction_token(endpoint) {
    const { dynamodb, table } = await freshTable(endpoint);
    const ClientRequestToken = freshName('t').slice(0, 36);
    const write = (pk: string) =>
      dynamodb.send(
        new TransactWriteItemsCommand({
          ClientRequestToken,
          TransactItems: [{ Put: { TableName: table, Item: item(pk) } }],
        }),
      );
    await write('one');
    return (await refusalOf(write('another')))?.name ?? 'accepted';
  },

  async dynamodb_sparse_index(endpoint) {
    const { dynamodb, table } = await freshTable(endpoint);
    for (const one of [item('done'), item('open', { unfinished: 'yes' })]) {
      await dynamodb.send(new PutItemCommand({ TableName: table, Item: one }));
    }
    const { Items } = await dynamodb.send(
      new QueryCommand({
        ...{ TableName: table, IndexName: 'unfinished', KeyConditionExpression: 'unfinished = :yes' },
        ExpressionAttributeValues: { ':yes': { S: 'yes' } },
      }),
    );
    const found = (Items ?? []).map(({ pk }) => pk?.S).join();
    return found === 'open' ? 'not in the index' : `in the index: ${found}`;
  },

  async dynamodb_item_too_large(endpoint) {
    const { dynamodb, table } = await freshTable(endpoint);
    const Item = item('a', { much: 'x'.repeat(410_000) });
    return await acceptance(dynamodb.send(new PutItemCommand({ TableName: table, Item })));
  },

  async dynamodb_transaction_of_101(endpoint) {
    const { dynamodb, table } = await freshTable(endpoint);
    const TransactItems = Array.from({ length: 101 }, (_, n) => ({
      Put: { TableName: table, Item: item(`${n}`) },
    }));
    return await acceptance(dynamodb.send(new TransactWriteItemsCommand({ TransactItems })));
  },

  async dynamodb_empty_key(endpoint) {
    const { dynamodb, table } = await freshTable(endpoint);
    return await acceptance(dynamodb.send(new PutItemCommand({ TableName: table, Item: item('') })));
  },

  dynamodb_ttl: (endpoint) => pastItsTime(endpoint, 'plain'),
  dynamodb_ttl_indexed: (endpoint) => pastItsTime(endpoint, 'indexed'),
} satisfies Record<string, Probe>;
