import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { clientSettings } from '../credentials.ts';
import { acceptance, freshName, type Probe } from './outcome.ts';

const PATIENCE_MS = 10_000;

/** Receives and deletes until `enough` says so, or nothing more has come for some seconds. */
export async function receiveUntil(
  sqs: SQSClient,
  queue: string,
  enough: (body: string) => boolean,
): Promise<void> {
  for (;;) {
    const message = await receive(sqs, queue, 3);
    if (!message) return;
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: message.ReceiptHandle }));
    if (enough(message.Body ?? '')) return;
  }
}

async function receive(sqs: SQSClient, queue: string, waitSeconds = 0): Promise<Message | undefined> {
  const { Messages } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queue,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    }),
  );
  return Messages?.[0];
}

async function freshQueue(endpoint: string, attributes: Record<string, string> = {}) {
  const sqs = new SQSClient(clientSettings(endpoint));
  const { QueueUrl } = await sqs.send(
    new CreateQueueCommand({ QueueName: freshName('queue'), Attributes: attributes }),
  );
  if (!QueueUrl) throw new Error('no queue');
  return { sqs, queue: QueueUrl };
}

/** A queue that gives up on a message after two receives, the message given up, and the ARN of its dead letters. */
async function givenUp(endpoint: string) {
  const dead = await freshQueue(endpoint);
  const { Attributes } = await dead.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: dead.queue, AttributeNames: ['QueueArn'] }),
  );
  const deadArn = Attributes?.QueueArn;
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount: 2 });
  const { sqs, queue } = await freshQueue(endpoint, { RedrivePolicy, VisibilityTimeout: '0' });
  await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: 'poison' }));
  for (let receives = 0; receives < 3; receives += 1) await receive(sqs, queue);
  return { sqs, queue, dead: dead.queue, deadArn };
}

export const sqsProbes = {
  async sqs_visibility(endpoint) {
    const { sqs, queue } = await freshQueue(endpoint, { VisibilityTimeout: '2' });
    await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: 'one' }));
    await receive(sqs, queue);
    const meanwhile = await receive(sqs, queue);
    const later = await receive(sqs, queue, 10);
    const count = later?.Attributes?.ApproximateReceiveCount;
    return `${meanwhile ? 'shown' : 'hidden'}, then ${later ? (count === '2' ? 'back' : `back as ${count}`) : 'gone'}`;
  },

  async sqs_visibility_returned(endpoint) {
    const { sqs, queue } = await freshQueue(endpoint, { VisibilityTimeout: '600' });
    await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: 'one' }));
    const ReceiptHandle = (await receive(sqs, queue))?.ReceiptHandle;
    await sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: queue, ReceiptHandle, VisibilityTimeout: 0 }),
    );
    return (await receive(sqs, queue, 3)) ? 'back at once' : 'hidden';
  },

  async sqs_redrive_policy(endpoint) {
    const { sqs, dead } = await givenUp(endpoint);
    return (await receive(sqs, dead, 5))?.Body === 'poison' ? 'in the dead letters' : 'not there';
  },

  async sqs_move_task(endpoint) {
    const { sqs, queue, deadArn } = await givenUp(endpoint);
    try {
      await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deadArn }));
    } catch {
      return 'unsupported';
    }
    return (await receive(sqs, queue, 10))?.Body === 'poison' ? 'moved back' : 'not moved';
  },

  async sqs_batch_delete(endpoint) {
    const { sqs, queue } = await freshQueue(endpoint);
    await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: 'one' }));
    const ReceiptHandle = (await receive(sqs, queue))?.ReceiptHandle;
    const Entries = [
      { Id: 'mine', ReceiptHandle },
      { Id: 'nobodys', ReceiptHandle: 'nobodys' },
    ];
    const answer = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queue, Entries }));
    const ids = (list: readonly { Id?: string | undefined }[] | undefined) =>
      (list ?? []).map(({ Id }) => Id).join();
    const [done, failed] = [ids(answer.Successful), ids(answer.Failed)];
    return done === 'mine' && failed === 'nobodys' ? 'partial' : `done: ${done}; failed: ${failed}`;
  },

  async sqs_long_poll(endpoint) {
    const { sqs, queue } = await freshQueue(endpoint);
    const waiting = receive(sqs, queue, PATIENCE_MS / 1000);
    await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: 'one' }));
    return (await waiting) ? 'woken' : 'slept on';
  },

  async sqs_batch_of_eleven(endpoint) {
    const { sqs, queue } = await freshQueue(endpoint);
    const Entries = Array.from({ length: 11 }, (_, index) => ({ Id: String(index), MessageBody: 'one' }));
    return await acceptance(sqs.send(new SendMessageBatchCommand({ QueueUrl: queue, Entries })));
  },

  async sqs_message_too_long(endpoint) {
    const { sqs, queue } = await freshQueue(endpoint);
    return await acceptance(
      sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: 'x'.repeat(1_048_577) })),
    );
  },
} satisfies Record<string, Probe>;
