import { GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { Failure } from '../../failures.ts';
import type { NewsQueue } from '../../intake/buckets/listen-to-buckets.ts';
import type { PlatformLog } from '../platform.ts';
import { isMissingQueue, onSqs } from './sqs-failures.ts';
import { createSqsMessages } from './sqs-messages.ts';
import { openQueue } from './sqs-queues.ts';

const LOOK_MS = 5_000;
const MOST = 10;

export interface NewsQueueOptions {
  readonly client: SQSClient;
  /** name or URL; whoever turns on the notifications has made it, with the permission that S3 needs */
  readonly queue: string;
  /** what the name of the queue begins with that takes what nobody can do anything with */
  readonly prefix: string;
  readonly log: Pick<PlatformLog, 'warn'>;
}

/** @throws Failure `invalid_settings` where there is no such queue, `storage_unavailable` */
export async function openNewsQueue({ client, queue, prefix, log }: NewsQueueOptions): Promise<NewsQueue> {
  const onFault = (err: unknown) =>
    log.warn({ err }, 'news of a bucket could not be deleted; it comes again');
  const news = createSqsMessages({ client, queue: await urlOf(client, queue), onFault });
  const deadUrl = await openQueue(client, `${prefix}-bucket-events-dead`, {});
  const dead = createSqsMessages({ client, queue: deadUrl, onFault });
  return {
    receive: (leaseMs) => news.receive({ max: MOST, waitMs: LOOK_MS, leaseMs }),
    hold: ({ receipt }, forMs) => news.hide({ receipt, forMs }),
    done: ({ receipt }) => news.remove(receipt),
    async bury({ body, receipt, receives }, reason) {
      await dead.send({ body: JSON.stringify({ reason, receives, body }), delayMs: 0 });
      news.remove(receipt);
    },
    async close() {
      await Promise.all([news.flush(), dead.flush()]);
    },
  };
}

async function urlOf(client: SQSClient, queue: string): Promise<string> {
  if (/^https?:\/\//.test(queue)) return queue;
  try {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: queue }));
    if (QueueUrl !== undefined) return QueueUrl;
  } catch (error) {
    if (!isMissingQueue(error)) return onSqs(Promise.reject(error));
  }
  throw new Failure(
    'invalid_settings',
    `DARKROOM_BUCKET_EVENTS: there is no queue ${queue}. Make it, and let the bucket send its notifications there.`,
  );
}
