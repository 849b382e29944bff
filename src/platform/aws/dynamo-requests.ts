import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { inParallel } from '../embedded/in-parallel.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { onDynamo, refusedCondition } from './dynamo-failures.ts';
import { type Item, type Key, keyOf } from './dynamo-items.ts';
import { backOff } from './dynamo-pauses.ts';
import { type IndexName, TABLE } from './dynamo-table.ts';

/** DynamoDB's own bounds of one request. */
const MOST_READ = 100;
const MOST_WRITTEN = 25;
const MOST_ROUNDS = 8;
/** Requests of one call that are under way together. */
export const AT_ONCE = 8;

/** What must hold of the item that is there, for a write to be made. */
export interface Condition {
  /** `attribute_not_exists(pk)`, `version = :version` */
  readonly expression: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Item;
}

/** What an update does to an item: `SET a = :a REMOVE b ADD c :c`. */
export type Change = Condition;

export const IS_NEW: Condition = { expression: 'attribute_not_exists(pk)' };
export const IS_THERE: Condition = { expression: 'attribute_exists(pk)' };

/** The item, as it is after every write that was acknowledged before. Half the price where `isStale` will do. */
export async function getItem(table: DynamoTable, key: Key, isStale = false): Promise<Item | undefined> {
  const { client, name: TableName } = table;
  const { Item } = await onDynamo(
    client.send(new GetItemCommand({ TableName, Key: asItem(key), ConsistentRead: !isStale })),
  );
  return Item;
}

/** The items that are there, in the order of the keys. Each key once. */
export async function getItems(table: DynamoTable, keys: readonly Key[]): Promise<Item[]> {
  const found = new Map<string, Item>();
  await inParallel(inParts(keys, MOST_READ), AT_ONCE, (part) => getPart(table, part, found));
  return keys.map((key) => found.get(nameOf(key))).filter((item) => item !== undefined);
}

async function getPart(
  { client, name }: DynamoTable,
  keys: readonly Key[],
  found: Map<string, Item>,
): Promise<void> {
  let left: Item[] = keys.map(asItem);
  for (let round = 0; left.length > 0; round += 1) {
    if (round > 0) await backOff(round, MOST_ROUNDS);
    const request = { [name]: { Keys: left, ConsistentRead: true } };
    const { Responses, UnprocessedKeys } = await onDynamo(
      client.send(new BatchGetItemCommand({ RequestItems: request })),
    );
    for (const item of Responses?.[name] ?? []) found.set(nameOf(keyOf(item)), item);
    left = UnprocessedKeys?.[name]?.Keys ?? [];
  }
}

/**
 * Writes the item where the condition holds.
 * @returns false where it does not hold
 */
export async function putItem(table: DynamoTable, item: Item, condition?: Condition): Promise<boolean> {
  const { client, name: TableName } = table;
  return isMet(client.send(new PutItemCommand({ TableName, Item: item, ...conditioned(condition) })));
}

/**
 * @returns the item as it is now; undefined where the condition does not hold. Without a condition, an item that is not
 *   there is made
 */
export async function updateItem(
  table: DynamoTable,
  key: Key,
  change: Change,
  condition?: Condition,
): Promise<Item | undefined> {
  const { client, name: TableName } = table;
  const command = new UpdateItemCommand({
    TableName,
    Key: asItem(key),
    ReturnValues: 'ALL_NEW',
    ...changing(change, condition),
  });
  try {
    return (await client.send(command)).Attributes ?? {};
  } catch (error) {
    if (refusedCondition(error)) return undefined;
    return onDynamo(Promise.reject(error));
  }
}

/** @returns false where the condition does not hold */
export async function deleteItem(table: DynamoTable, key: Key, condition?: Condition): Promise<boolean> {
  const { client, name: TableName } = table;
  return isMet(
    client.send(new DeleteItemCommand({ TableName, Key: asItem(key), ...conditioned(condition) })),
  );
}

/** Puts and deletes without conditions, each on its own: after a fault some are done, some are not. */
export async function writeBatch(
  table: DynamoTable,
  { put = [], remove = [] }: { readonly put?: readonly Item[]; readonly remove?: readonly Key[] },
): Promise<void> {
  const requests: WriteRequest[] = [
    ...put.map((item) => ({ PutRequest: { Item: item } })),
    ...remove.map((key) => ({ DeleteRequest: { Key: asItem(key) } })),
  ];
  await inParallel(inParts(requests, MOST_WRITTEN), AT_ONCE, (part) => writePart(table, part));
}

async function writePart({ client, name }: DynamoTable, requests: WriteRequest[]): Promise<void> {
  let left = requests;
  for (let round = 0; left.length > 0; round += 1) {
    if (round > 0) await backOff(round, MOST_ROUNDS);
    const { UnprocessedItems } = await onDynamo(
      client.send(new BatchWriteItemCommand({ RequestItems: { [name]: left } })),
    );
    left = UnprocessedItems?.[name] ?? [];
  }
}

/** A stretch of one partition, of the table itself or of an index. */
export interface Stretch {
  readonly index?: IndexName;
  readonly partition: string;
  /** of the sort key, inclusive */
  readonly from?: string;
  /** of the sort key, inclusive */
  readonly to?: string;
  /** the largest sort key first */
  readonly isDescending?: boolean;
  /** items read at a time: 1 MB of them unless it says less */
  readonly pageSize?: number;
  /** half the price; an index is never otherwise */
  readonly isStale?: boolean;
}

const FIRST = '\u0000';
const LAST = '\u{10FFFF}';

/** The items of a stretch in order, page by page, as far as somebody reads. Of an index: what it projects. */
export async function* pagesOf(table: DynamoTable, stretch: Stretch): AsyncGenerator<Item[]> {
  const { index, partition, from = FIRST, to = LAST, isDescending = false, pageSize, isStale } = stretch;
  const key = index === undefined ? TABLE.key : TABLE.indexes[index];
  let start: Item | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await onDynamo(
      table.client.send(
        new QueryCommand({
          TableName: table.name,
          ...(index === undefined ? { ConsistentRead: isStale !== true } : { IndexName: index }),
          KeyConditionExpression: '#p = :p AND #s BETWEEN :from AND :to',
          ExpressionAttributeNames: { '#p': key.partition, '#s': key.sort },
          ExpressionAttributeValues: { ':p': { S: partition }, ':from': { S: from }, ':to': { S: to } },
          ScanIndexForward: !isDescending,
          ...(pageSize !== undefined && { Limit: pageSize }),
          ...(start && { ExclusiveStartKey: start }),
        }),
      ),
    );
    yield Items;
    start = LastEvaluatedKey;
  } while (start);
}

/** All items of a stretch, or its first `limit`. */
export async function itemsOf(
  table: DynamoTable,
  stretch: Stretch,
  limit = Number.POSITIVE_INFINITY,
): Promise<Item[]> {
  const found: Item[] = [];
  const pageSize = Math.min(limit, stretch.pageSize ?? limit);
  for await (const page of pagesOf(table, { ...stretch, ...(Number.isFinite(pageSize) && { pageSize }) })) {
    found.push(...page);
    if (found.length >= limit) return found.slice(0, limit);
  }
  return found;
}

/** The parts of a request that carry a condition; a refusal then comes with the item that was there. */
export function conditioned(condition: Condition | undefined) {
  if (condition === undefined) return {};
  return {
    ConditionExpression: condition.expression,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    ...(condition.names && { ExpressionAttributeNames: { ...condition.names } }),
    ...(condition.values && { ExpressionAttributeValues: condition.values }),
  };
}

export function changing(change: Change, condition: Condition | undefined) {
  const names = { ...change.names, ...condition?.names };
  const values = { ...change.values, ...condition?.values };
  return {
    UpdateExpression: change.expression,
    ...conditioned(condition),
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
}

export function asItem({ pk, sk }: Key): { pk: AttributeValue; sk: AttributeValue } {
  return { pk: { S: pk }, sk: { S: sk } };
}

async function isMet(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (refusedCondition(error)) return false;
    return onDynamo(Promise.reject(error));
  }
}

function nameOf({ pk, sk }: Key): string {
  return `${pk}\n${sk}`;
}

function inParts<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, part) =>
    all.slice(part * size, (part + 1) * size),
  );
}
