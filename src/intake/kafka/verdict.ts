import { type Failure, type FailureCode, isFailure, toFailure } from '../../failures.ts';

/** What becomes of a message that did not become an image. */
export type Verdict =
  /** the sender's doing: it goes to the dead letters with the reason, and the partition goes on */
  | 'dead-letter'
  /** it waits, and its partition with it: the storage is full or away */
  | 'retry'
  /** a few times, then it goes to the dead letters: this may pass, or be the fault of this very message */
  | 'retry a little'
  /** nothing is to be kept of it */
  | 'drop'
  /** it is an image already */
  | 'taken';

/** What differs from the queue's reaction to the same failure. */
const exceptions: Partial<Record<FailureCode, Verdict>> = {
  // The offset is the key: another request under it is the same message, read under other settings.
  idempotency_conflict: 'taken',
  // Its sender was erased: no copy may survive in the dead letters either.
  forbidden: 'drop',
  // One tenant's full account must not hold up the others. It can be replayed.
  quota_exceeded: 'dead-letter',
  // An object that the message points to, while it was read.
  upload_interrupted: 'retry a little',
  object_not_found: 'retry a little',
  internal: 'retry a little',
};

export function verdictOn(error: unknown): { verdict: Verdict; failure: Failure } {
  const failure = isFailure(error) ? error : toFailure(error);
  const { onQueue } = failure.reaction;
  return { failure, verdict: exceptions[failure.code] ?? (onQueue === 'reject' ? 'dead-letter' : 'retry') };
}
