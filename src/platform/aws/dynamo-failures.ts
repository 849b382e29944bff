import { Failure } from '../../failures.ts';

/** Refusals that the same request would meet again: ours to repair, not to be waited out. */
const OURS: ReadonlySet<string> = new Set(['ValidationException', 'SerializationException']);
const RETRY_AFTER_SECONDS = 2;

/**
 * Awaits a request to DynamoDB.
 *
 * @throws Failure `storage_unavailable` where it does not answer, throttles beyond the retries, or lets nobody in
 */
export async function onDynamo<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw dynamoFailure(error);
  }
}

export function dynamoFailure(error: unknown): unknown {
  if (error instanceof Failure) return error;
  const { name = '' } = error as { name?: string };
  if (OURS.has(name)) return error;
  const message =
    name === 'ResourceNotFoundException'
      ? 'The table of records does not exist. Create it, or set DARKROOM_DYNAMODB_TABLE to the right name.'
      : 'The database does not do what it is asked. Try again in a few seconds.';
  return new Failure('storage_unavailable', message, {
    cause: error,
    extra: { retryAfterSeconds: RETRY_AFTER_SECONDS },
  });
}

/** The condition of a single write was not met; `found` is what was there instead, where the write asked for it. */
export function refusedCondition(error: unknown): { found: unknown } | undefined {
  const { name, Item } = error as { name?: string; Item?: unknown };
  return name === 'ConditionalCheckFailedException' ? { found: Item } : undefined;
}
