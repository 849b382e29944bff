import { Failure } from '../../failures.ts';

const RETRY_AFTER_SECONDS = 2;

/**
 * What SQS and its likes say of a receipt that is no good any more: the message was received again, or deleted. Which
 * of them says what differs.
 */
const LOST_RECEIPT: ReadonlySet<string> = new Set([
  'ReceiptHandleIsInvalid',
  'MessageNotInflight',
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'AWS.SimpleQueueService.MessageNotInflight',
  'AWS.SimpleQueueService.ReceiptHandleIsInvalid',
]);

export function isLostReceipt(name: string | undefined): boolean {
  return name !== undefined && LOST_RECEIPT.has(name);
}

export function isMissingQueue(error: unknown): boolean {
  const { name = '' } = error as { name?: string };
  return ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue', 'NonExistentQueue'].includes(name);
}

/** @throws Failure `storage_unavailable` where the queue does not answer, or refuses */
export async function onSqs<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw queueFailure(error);
  }
}

export function queueFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = isMissingQueue(error)
    ? 'A queue of the work does not exist. Create it, or set DARKROOM_SQS_PREFIX to the right name.'
    : 'The queue of the work does not do what it is asked. Try again in a few seconds.';
  return new Failure('storage_unavailable', message, {
    cause: error,
    extra: { retryAfterSeconds: RETRY_AFTER_SECONDS },
  });
}
