import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteQueueCommand } from '@aws-sdk/client-sqs';
import { credentials, REGION } from '../../../../test/cloud/servers/credentials.ts';
import { sharedServer } from '../../../../test/cloud/shared-servers.ts';
import type { ControlledClock } from '../../../images/clock.contract.ts';
import { systemClock } from '../../../images/clock.ts';
import type { QueueTraits } from '../../../pipeline/queue.contract.ts';
import { openDynamoTable } from '../dynamo-client.ts';
import { createTable } from '../dynamo-table.ts';
import { createRequestCounts } from '../request-counts.ts';
import { openSqsClient } from '../sqs-client.ts';
import { createSqsQueue } from '../sqs-queue.ts';
import { openWorkQueues } from '../sqs-queues.ts';

const identity = { region: REGION, credentials };
const silent = { warn() {}, error() {} };

/** Time passes here at its own pace. */
const realClock = (): ControlledClock => ({ ...systemClock, advance: (milliseconds) => sleep(milliseconds) });

/** Queues and a table of their own. Tickets and dead letters are in DynamoDB Local, the truth for conditions. */
export async function openTestQueue(endpoint: string) {
  const client = openSqsClient({ endpoint }, identity);
  const counts = createRequestCounts();
  counts.watch(client);
  const queues = await openWorkQueues(client, `test-${randomUUID()}`);
  const name = `test-${randomUUID()}`;
  const table = openDynamoTable({ table: name, endpoint: await sharedServer('dynamodb-local') }, identity);
  counts.watch(table.client);
  await createTable(table, { ttl: false });
  const open = () =>
    createSqsQueue({ ...{ client, queues, table }, clock: systemClock, log: silent, longestLookMs: 1_000 });
  const queue = open();
  return {
    ...{ client, queues, table, counts, queue, open },
    async close() {
      await queue.close();
      for (const QueueUrl of Object.values(queues)) await client.send(new DeleteQueueCommand({ QueueUrl }));
      client.destroy();
      table.client.destroy();
    },
  };
}

export type TestQueue = Awaited<ReturnType<typeof openTestQueue>>;

/** Leases of whole seconds, and time for a busy machine on both sides of their end. */
export const sqsTraits: QueueTraits = {
  makeClock: realClock,
  leaseMs: 3_000,
  earlyMs: 1_500,
  lateMs: 1_500,
  countsAsSqs: true,
};
