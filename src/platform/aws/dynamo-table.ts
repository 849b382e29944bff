import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DescribeTableCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { DynamoTable } from './dynamo-client.ts';
import { dynamoFailure, onDynamo } from './dynamo-failures.ts';

/**
 * The one table of everything, as data: infra builds it on AWS, `createTable` on servers of one's own. Which item has
 * which keys is in docs/adr/0020-one-table.md.
 *
 * Every index is sparse: an item is in it only while it has the two attributes of its key. All but `work` project keys
 * alone, so that a change of an item that moves nothing in an index writes nothing to it.
 */
export const TABLE = {
  key: { partition: 'pk', sort: 'sk' },
  /** seconds since 1970; the server deletes what is past it, some time within days */
  ttl: 'ttl',
  indexes: {
    /** lists of a tenant, newest first */
    tenant: { partition: 'tp', sort: 'at', project: [] },
    /** lists of a person, newest first */
    user: { partition: 'up', sort: 'at', project: [] },
    /** what is in a state that few are in, newest first */
    state: { partition: 'sp', sort: 'at', project: [] },
    /** what is to be done or forgotten at a time, earliest first */
    due: { partition: 'dp', sort: 'ds', project: [] },
    /** what waits for somebody to do something about it, in order */
    work: { partition: 'wp', sort: 'ws', project: ['event'] },
  },
} as const satisfies TableDefinition;

export type IndexName = keyof typeof TABLE.indexes;

interface TableDefinition {
  readonly key: IndexKey;
  readonly ttl: string;
  readonly indexes: Readonly<Record<string, IndexKey & { readonly project: readonly string[] }>>;
}

interface IndexKey {
  readonly partition: string;
  readonly sort: string;
}

/** What the API is asked for to make the table: on demand, nothing provisioned. All key attributes are text. */
export function createTableInput(name: string): CreateTableCommandInput {
  const indexes = Object.entries(TABLE.indexes);
  const keys = new Set(
    [TABLE.key, ...Object.values(TABLE.indexes)].flatMap(({ partition, sort }) => [partition, sort]),
  );
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...keys].map((key) => ({ AttributeName: key, AttributeType: 'S' })),
    KeySchema: schema(TABLE.key),
    GlobalSecondaryIndexes: indexes.map(([IndexName, { project, ...key }]) => ({
      IndexName,
      KeySchema: schema(key),
      Projection:
        project.length === 0
          ? { ProjectionType: 'KEYS_ONLY' }
          : { ProjectionType: 'INCLUDE', NonKeyAttributes: [...project] },
    })),
  };
}

/**
 * Makes the table where it is missing, and waits until it can be used. For servers of one's own and tests; on AWS, infra
 * does it.
 *
 * @returns false where it was there already
 */
export async function createTable(
  { client, name }: DynamoTable,
  { ttl }: { ttl: boolean },
): Promise<boolean> {
  const isNew = await unless(
    'ResourceInUseException',
    client.send(new CreateTableCommand(createTableInput(name))),
  );
  await onDynamo(waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName: name }));
  if (isNew && ttl) {
    const TimeToLiveSpecification = { Enabled: true, AttributeName: TABLE.ttl };
    await onDynamo(client.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification })));
  }
  return isNew;
}

/** With everything in it. One that is not there is no error. */
export async function deleteTable({ client, name }: DynamoTable): Promise<void> {
  await unless('ResourceNotFoundException', client.send(new DeleteTableCommand({ TableName: name })));
}

/** @returns false where the request was refused with that name */
async function unless(refusal: string, request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if ((error as { name?: string }).name === refusal) return false;
    throw dynamoFailure(error);
  }
}

/** What keeps the table from being worked with: `[]` is well. */
export async function tableFaults({ client, name }: DynamoTable): Promise<string[]> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    if (Table?.TableStatus !== 'ACTIVE' && Table?.TableStatus !== 'UPDATING')
      return [`the table of records is ${Table?.TableStatus ?? 'not there'}`];
    const usable = new Set(
      Table.GlobalSecondaryIndexes?.filter(
        ({ IndexStatus }) => IndexStatus === 'ACTIVE' || IndexStatus === 'UPDATING',
      ).map(({ IndexName }) => IndexName),
    );
    const missing = Object.keys(TABLE.indexes).filter((index) => !usable.has(index));
    return missing.length === 0 ? [] : [`the table of records lacks the index ${missing.join(', ')}`];
  } catch (error) {
    const isMissing = (error as { name?: string }).name === 'ResourceNotFoundException';
    return [isMissing ? 'the table of records does not exist' : 'the database of records does not answer'];
  }
}

function schema({ partition, sort }: IndexKey) {
  return [
    { AttributeName: partition, KeyType: 'HASH' as const },
    { AttributeName: sort, KeyType: 'RANGE' as const },
  ];
}
