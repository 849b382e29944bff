import { describeOn, sharedServer } from '../../../test/cloud/shared-servers.ts';
import { queueContract } from '../../pipeline/queue.contract.ts';
import { openTestQueue, sqsTraits } from './testing/test-queue.ts';

// The second opinion: see sqs-queue.cloud.test.ts. In a file of its own, as most of its time is waiting.
describeOn(['moto', 'dynamodb-local'], 'on moto', () => {
  queueContract('SQS', async () => openTestQueue(await sharedServer('moto')), sqsTraits);
});
