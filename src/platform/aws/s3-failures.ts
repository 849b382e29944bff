import { Failure } from '../../failures.ts';

/** What a store answered that refused a request, as much as anybody here decides by. */
export interface StoreRefusal {
  /** the code of S3's error document, or the name of an error of the connection */
  readonly name: string;
  /** HTTP; undefined where no answer came */
  readonly status: number | undefined;
  /** how often it was sent before this answer */
  readonly attempts: number;
}

export function refusalOf(error: unknown): StoreRefusal {
  const { name, $metadata } = error as {
    name?: string;
    $metadata?: { httpStatusCode?: number; attempts?: number };
  };
  return { name: name ?? '', status: $metadata?.httpStatusCode, attempts: $metadata?.attempts ?? 1 };
}

/** There is no such object. A missing bucket is another matter: that is a fault of the settings. */
export function isMissing(error: unknown): boolean {
  const { name, status } = refusalOf(error);
  return name === 'NoSuchKey' || (status === 404 && name !== 'NoSuchBucket');
}

/** A condition of the request was not met: the key is taken. */
export function isTaken(error: unknown): boolean {
  const { name, status } = refusalOf(error);
  return status === 412 || name === 'PreconditionFailed';
}

/** Somebody else writes the same key at this moment: nobody knows yet who wins. */
export function isContended(error: unknown): boolean {
  const { name, status } = refusalOf(error);
  return status === 409 || name === 'ConditionalRequestConflict' || name === 'OperationAborted';
}

export function isOutsideRange(error: unknown): boolean {
  return refusalOf(error).status === 416;
}

/**
 * Awaits a request; what the SDK throws after its last attempt comes as `storage_unavailable`.
 *
 * @param signal whose reason is thrown where it ended the request
 */
export async function onStore<T>(request: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await request;
  } catch (error) {
    signal?.throwIfAborted();
    throw storeFailure(error);
  }
}

export function storeFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure(
    'storage_unavailable',
    'The object store did not do what it was asked. Try again in a few seconds.',
    { cause: error },
  );
}
