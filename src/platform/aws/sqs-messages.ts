import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { type Batches, createBatches } from './batches.ts';
import { ANSWER_WITHIN_MS } from './sqs-client.ts';
import { onSqs, queueFailure } from './sqs-failures.ts';

/** One queue of SQS, its requests gathered into batches. */
export interface SqsMessages {
  receive(terms: { max: number; waitMs: number; leaseMs: number }): Promise<ReceivedMessage[]>;
  send(message: { body: string; delayMs: number }): Promise<void>;
  /** @throws RefusedEntry, Failure `storage_unavailable` */
  hide(message: { receipt: string; forMs: number }): Promise<void>;
  /** Deletes it within a second. What cannot be deleted comes again. */
  remove(receipt: string): void;
  /** Sends what waits to be sent. */
  flush(): Promise<void>;
}

export interface ReceivedMessage {
  readonly body: string;
  readonly receipt: string;
  readonly receives: number;
}

/** What SQS says of one entry of a batch. */
export class RefusedEntry extends Error {
  override readonly name = 'RefusedEntry';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** SQS's longest delay of a message that is sent; what asks for more comes earlier. */
const LONGEST_DELAY_SECONDS = 900;
const LONGEST_HIDING_SECONDS = 12 * 3600;
const SEND_LINGER_MS = 15;
const HIDE_LINGER_MS = 10;
/** Nobody waits for it, and the lease hides the message so long. */
const REMOVE_LINGER_MS = 500;

export interface SqsMessagesOptions {
  readonly client: SQSClient;
  /** URL */
  readonly queue: string;
  /** told of messages that could not be deleted */
  readonly onFault: (error: unknown) => void;
}

export function createSqsMessages({ client, queue, onFault }: SqsMessagesOptions): SqsMessages {
  const QueueUrl = queue;

  const sending = createBatches<{ body: string; delayMs: number }>({
    lingerMs: SEND_LINGER_MS,
    async send(entries) {
      const Entries = entries.map(({ body, delayMs }, index) => ({
        ...{ Id: String(index), MessageBody: body },
        ...(delayMs > 0 && { DelaySeconds: Math.min(LONGEST_DELAY_SECONDS, Math.ceil(delayMs / 1000)) }),
      }));
      return refusalsOf(await onSqs(client.send(new SendMessageBatchCommand({ QueueUrl, Entries }))));
    },
  });

  const hiding = createBatches<{ receipt: string; forMs: number }>({
    lingerMs: HIDE_LINGER_MS,
    async send(entries) {
      const Entries = entries.map(({ receipt: ReceiptHandle, forMs }, index) => ({
        ...{ Id: String(index), ReceiptHandle },
        VisibilityTimeout: wholeSeconds(forMs),
      }));
      return refusalsOf(
        await onSqs(client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }))),
      );
    },
  });

  const removing: Batches<string> = createBatches<string>({
    lingerMs: REMOVE_LINGER_MS,
    async send(receipts) {
      const Entries = receipts.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
      return refusalsOf(await onSqs(client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))));
    },
  });

  return {
    async receive({ max, waitMs, leaseMs }) {
      const WaitTimeSeconds = Math.min(20, Math.ceil(waitMs / 1000));
      const request = new ReceiveMessageCommand({
        ...{ QueueUrl, MaxNumberOfMessages: max, WaitTimeSeconds },
        VisibilityTimeout: wholeSeconds(leaseMs),
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      });
      const requestTimeout = WaitTimeSeconds * 1000 + ANSWER_WITHIN_MS;
      const { Messages = [] } = await onSqs(client.send(request, { requestTimeout }));
      return Messages.map(received);
    },
    send: (message) => sending.add(message),
    hide: (message) => hiding.add(message),
    remove(receipt) {
      removing.add(receipt).catch(onFault);
    },
    async flush() {
      await Promise.all([sending.flush(), hiding.flush(), removing.flush()]);
    },
  };
}

function received({ Body = '', ReceiptHandle = '', Attributes }: Message): ReceivedMessage {
  const receives = Number(Attributes?.ApproximateReceiveCount ?? 1);
  return { body: Body, receipt: ReceiptHandle, receives };
}

/** Never shorter than asked: what is visible too early is done twice. */
function wholeSeconds(milliseconds: number): number {
  return Math.min(LONGEST_HIDING_SECONDS, Math.ceil(milliseconds / 1000));
}

interface BatchAnswer {
  readonly Failed?:
    | readonly { Id: string | undefined; Code: string | undefined; Message?: string | undefined }[]
    | undefined;
}

function refusalsOf({ Failed = [] }: BatchAnswer): Map<number, Error> {
  return new Map(
    Failed.map(({ Id, Code = '', Message = '' }) => {
      const refusal = new RefusedEntry(Code, `${Code}: ${Message}`);
      return [Number(Id), isPassing(Code) ? queueFailure(refusal) : refusal];
    }),
  );
}

function isPassing(code: string): boolean {
  return /throttl|internal|unavailable|timeout/i.test(code);
}
