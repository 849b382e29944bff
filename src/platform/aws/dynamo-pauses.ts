import { setTimeout as sleep } from 'node:timers/promises';
import { dynamoFailure } from './dynamo-failures.ts';

const FIRST_MS = 20;
const LONGEST_MS = 1_000;

/**
 * Waits before the next try: a random part of a time that doubles, so that those who met once do not meet again.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param round 1 before the second try
 * @throws Failure `storage_unavailable` after `most` rounds
 */
export async function backOff(round: number, most: number, cause?: unknown): Promise<void> {
  if (round >= most) throw dynamoFailure(cause ?? new Error('the database throttled every try'));
  await sleep(Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** round));
}
