import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteQueueCommand } from '@aws-sdk/client-sqs';
import { credentials, REGION } from '../../../test/cloud/servers/credentials.ts';
import { describeOn, sharedServer } from '../../../test/cloud/shared-servers.ts';
import type { ControlledClock } from '../../images/clock.contract.ts';
import { systemClock } from '../../images/clock.ts';
import { queueContract } from '../../pipeline/queue.contract.ts';
import { openDynamoTable } from './dynamo-client.ts';
import { createTable } from './dynamo-table.ts';
import { createRequestCounts } from './request-counts.ts';
import { openSqsClient } from './sqs-client.ts';
import { createSqsQueue } from './sqs-queue.ts';
import { openWorkQueues } from './sqs-queues.ts';

const identity = { region: REGION, credentials };
const silent = { warn() {}, error() {} };

/** Time passes here at its own pace. */
const realClock = (): ControlledClock => ({ ...systemClock, advance: (milliseconds) => sleep(milliseconds) });

/** Queues and a table of their own. Tickets and dead letters are in DynamoDB Local, the truth for conditions. */
async function openTestQueue(endpoint: string) {
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

const traits = { makeClock: realClock, leaseMs: 4_000, earlyMs: 2_000, lateMs: 1_500, countsAsSqs: true };

// Both enforce leases, delays, counts and receipts; two independent readings of the same protocol.
describeOn(['ministack', 'dynamodb-local'], 'on MiniStack', () => {
  queueContract('SQS', async () => openTestQueue(await sharedServer('ministack')), traits);
});
describeOn(['moto', 'dynamodb-local'], 'on moto', () => {
  queueContract('SQS', async () => openTestQueue(await sharedServer('moto')), traits);
});
