import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { clientSettings } from './credentials.ts';

/** Throws until a server of many services answers a call to its queues. */
export async function queuesAnswer(endpoint: string): Promise<void> {
  const sqs = new SQSClient(clientSettings(endpoint));
  await sqs.send(new ListQueuesCommand({}), { requestTimeout: 5_000 }).finally(() => sqs.destroy());
}
