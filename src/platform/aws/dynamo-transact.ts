import {
  type CancellationReason,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { DynamoTable } from './dynamo-client.ts';
import { dynamoFailure } from './dynamo-failures.ts';
import type { Item, Key } from './dynamo-items.ts';
import { backOff } from './dynamo-pauses.ts';
import { asItem, type Change, type Condition, changing, conditioned } from './dynamo-requests.ts';

/** Items in one transaction, DynamoDB's bound. */
export const MOST_STEPS = 100;
const MOST_TRIES = 10;
/** One try of a transaction. Ids of events are of its beginning: see `SETTLED_MS` in dynamo-event-log.ts. Milliseconds. */
export const TRY_MS = 1_500;

/** One write of a transaction, or one condition that must hold for it. */
export interface Step {
  readonly write: (tableName: string) => TransactWriteItem;
  /**
   * Called where the condition of this step was not met: the error to throw, or undefined where it was an earlier try
   * of the same transaction that got through without an answer.
   */
  readonly refused?: (found: Item | undefined) => unknown;
}

type Refused = Step['refused'];

export function put(item: Item, condition?: Condition, refused?: Refused): Step {
  return step((TableName) => ({ Put: { TableName, Item: item, ...conditioned(condition) } }), refused);
}

export function update(key: Key, change: Change, condition?: Condition, refused?: Refused): Step {
  return step(
    (TableName) => ({ Update: { TableName, Key: asItem(key), ...changing(change, condition) } }),
    refused,
  );
}

export function remove(key: Key, condition?: Condition, refused?: Refused): Step {
  return step(
    (TableName) => ({ Delete: { TableName, Key: asItem(key), ...conditioned(condition) } }),
    refused,
  );
}

/** Writes nothing; costs what a write costs. */
export function check(key: Key, condition: Condition, refused?: Refused): Step {
  return step(
    (TableName) => ({
      ConditionCheck: {
        TableName,
        Key: asItem(key),
        ConditionExpression: condition.expression,
        ...conditioned(condition),
      },
    }),
    refused,
  );
}

/**
 * Makes all of the writes or none. Transactions that met others on the same item, or were throttled, are made again after
 * a pause: `steps` is asked anew, so that what depends on the time is of this try.
 *
 * A try may have got through without an answer. So a step that is made again must tell its own traces from those of
 * others: a nonce in the item, looked at by `refused`.
 *
 * @throws what `refused` answered, for the first step whose condition was not met
 * @throws Failure `storage_unavailable` after the last try
 */
export async function transact(
  table: DynamoTable,
  steps: () => readonly Step[] | Promise<readonly Step[]>,
): Promise<void> {
  for (let round = 1; ; round += 1) {
    const made = await steps();
    try {
      return await send(table, made);
    } catch (error) {
      const reasons = (error as { CancellationReasons?: CancellationReason[] }).CancellationReasons;
      const at = reasons?.findIndex(({ Code }) => Code === 'ConditionalCheckFailed') ?? -1;
      if (at >= 0) return passVerdict(made[at]?.refused, reasons?.[at]?.Item, error);
      if (!isPassing(error, reasons)) throw dynamoFailure(error);
      await backOff(round, MOST_TRIES, error);
    }
  }
}

async function send({ client, name }: DynamoTable, steps: readonly Step[]): Promise<void> {
  const command = new TransactWriteItemsCommand({ TransactItems: steps.map(({ write }) => write(name)) });
  await client.send(command, { abortSignal: AbortSignal.timeout(TRY_MS) });
}

function passVerdict(refused: Refused, found: Item | undefined, cause: unknown): void {
  if (!refused) throw new Error('a condition of a transaction was not met', { cause });
  const verdict = refused(found);
  if (verdict !== undefined) throw verdict;
}

const PASSING_REASONS: ReadonlySet<string | undefined> = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);
const PASSING_ERRORS: ReadonlySet<string | undefined> = new Set([
  'TransactionInProgressException',
  'TimeoutError',
  'AbortError',
]);

function isPassing(error: unknown, reasons: readonly CancellationReason[] | undefined): boolean {
  if (reasons) return reasons.some(({ Code }) => PASSING_REASONS.has(Code));
  return PASSING_ERRORS.has((error as { name?: string }).name);
}

function step(write: Step['write'], refused: Refused): Step {
  return { write, ...(refused && { refused }) };
}
