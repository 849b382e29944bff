import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { Failure } from '../../failures.ts';
import type { Lane } from '../../pipeline/queue.ts';
import { isMissingQueue, onSqs } from './sqs-failures.ts';

/** URLs of the queues of the work. */
export interface WorkQueues extends Readonly<Record<Lane, string>> {
  /** what no process can read, and what came back too often without anybody having put it aside */
  readonly dead: string;
}

/** Longest that SQS keeps anything. */
export const KEPT_SECONDS = 14 * 24 * 3600;
/**
 * A worker puts a message aside after 5 receives that count. Of those that do not count, because a process was stopped
 * or something was away, there may be many; this only ends what nobody ever gets to the end of.
 */
const MOST_RECEIVES = 200;

/**
 * Finds the queues, and makes those that are missing.
 *
 * @throws Failure `invalid_settings` where one is missing and may not be made, `storage_unavailable`
 */
export async function openWorkQueues(client: SQSClient, prefix: string): Promise<WorkQueues> {
  const dead = await openQueue(client, `${prefix}-dead`, {});
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: await arnOf(client, dead),
    maxReceiveCount: MOST_RECEIVES,
  });
  const [interactive, background] = await Promise.all([
    openQueue(client, `${prefix}-interactive`, { RedrivePolicy }),
    openQueue(client, `${prefix}-background`, { RedrivePolicy }),
  ]);
  return { interactive, background, dead };
}

/** The URL of a queue, which is made with these attributes where it is missing. */
export async function openQueue(
  client: SQSClient,
  name: string,
  attributes: Readonly<Record<string, string>>,
): Promise<string> {
  const found = await findQueue(client, name);
  if (found !== undefined) return found;
  try {
    const Attributes = { MessageRetentionPeriod: String(KEPT_SECONDS), ...attributes };
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes }));
    if (QueueUrl === undefined) throw new Error('the server made a queue without an address');
    return QueueUrl;
  } catch (cause) {
    const message = `The queue ${name} is missing and cannot be made. Make it, or set DARKROOM_SQS_PREFIX to the name of those that there are.`;
    throw new Failure('invalid_settings', message, { cause });
  }
}

/** @throws Failure `storage_unavailable` */
async function findQueue(client: SQSClient, name: string): Promise<string | undefined> {
  try {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: name }));
    return QueueUrl;
  } catch (error) {
    if (isMissingQueue(error)) return undefined;
    return onSqs(Promise.reject(error));
  }
}

async function arnOf(client: SQSClient, queue: string): Promise<string> {
  const request = new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ['QueueArn'] });
  const { Attributes } = await onSqs(client.send(request));
  if (Attributes?.QueueArn === undefined) throw new Error(`the server names no ARN for ${queue}`);
  return Attributes.QueueArn;
}

/** What keeps the queues from being worked with: `[]` is well. */
export async function queueFaults(
  client: SQSClient,
  queues: WorkQueues,
  signal: AbortSignal,
): Promise<string[]> {
  try {
    const request = new GetQueueAttributesCommand({
      QueueUrl: queues.interactive,
      AttributeNames: ['QueueArn'],
    });
    await client.send(request, { abortSignal: signal });
    return [];
  } catch (error) {
    return [isMissingQueue(error) ? 'the queue of the work does not exist' : 'the queue does not answer'];
  }
}
