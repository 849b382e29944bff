import { randomUUID } from 'node:crypto';
import { credentials, REGION } from '../../../test/cloud/servers/credentials.ts';
import { describeOn, sharedServer } from '../../../test/cloud/shared-servers.ts';
import { partialUploadsContract } from '../../intake/partial-uploads.contract.ts';
import { openDynamoTable } from './dynamo-client.ts';
import { createDynamoPartialRows } from './dynamo-partial-uploads.ts';
import { createTable, deleteTable } from './dynamo-table.ts';
import { createPartialUploads } from './partial-uploads.ts';
import { createS3Objects } from './s3-objects.ts';
import { openTestBucket } from './testing/test-bucket.ts';

const identity = { region: REGION, credentials };

// DynamoDB Local enforces the conditions that decide whose bytes count.
describeOn(['versitygw', 'dynamodb-local'], 'with rows in DynamoDB', () => {
  partialUploadsContract('Uploads in a bucket', async (clock) => {
    const bucket = await openTestBucket(await sharedServer('versitygw'), identity);
    const endpoint = await sharedServer('dynamodb-local');
    const table = openDynamoTable({ table: `partial-${randomUUID()}`, endpoint }, identity);
    await createTable(table, { ttl: false });
    const store = createS3Objects({ bucket, scratch: bucket.scratch, apart: ['unfinished/'] });
    const uploads = createPartialUploads({ objects: store, rows: createDynamoPartialRows(table), clock });
    const close = async () => {
      await deleteTable(table);
      table.client.destroy();
      await bucket.close();
    };
    return { uploads, store, close };
  });
});
