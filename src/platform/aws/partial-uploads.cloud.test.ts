import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
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

  it('a piece takes no more requests than it must', async () => {
    const bucket = await openTestBucket(await sharedServer('versitygw'), identity);
    const endpoint = await sharedServer('dynamodb-local');
    const table = openDynamoTable({ table: `partial-${randomUUID()}`, endpoint }, identity);
    await createTable(table, { ttl: false });
    bucket.counts.watch(table.client);
    const countsOf = async (work: () => Promise<unknown>) => {
      bucket.counts.reset();
      await work();
      return bucket.counts.counts();
    };
    const objects = createS3Objects({ bucket, scratch: bucket.scratch });
    const rows = createDynamoPartialRows(table);
    const uploads = createPartialUploads({ objects, rows, clock: { now: () => Date.now() } });
    const upload = { tenantId: 't', imageId: 'i', length: 6 };
    const start = () => uploads.start(upload);
    const piece = (offset: number) => uploads.append('t', 'i', offset, body('abc'));
    expect(await countsOf(start)).toEqual({ GetItem: 1, PutItem: 1 });
    expect(await countsOf(start)).toEqual({ GetItem: 1 });
    expect(await countsOf(() => piece(0))).toEqual({ GetItem: 1, PutItem: 1, PutObject: 1 });
    await piece(3);
    expect(await countsOf(() => uploads.complete('t', 'i', 'raw/t/i'))).toEqual({
      ...{ GetItem: 1, PutItem: 1 },
      ...{ GetObject: 2, PutObject: 1, DeleteObjects: 1 },
    });
    expect(await countsOf(() => uploads.remove('t', 'i'))).toEqual({
      DeleteItem: 1,
      DeleteObjects: 1,
      GetItem: 1,
    });
    expect(await countsOf(() => uploads.remove('t', 'i'))).toEqual({ GetItem: 1 });
    await deleteTable(table);
    table.client.destroy();
    await bucket.close();
  });
});

async function* body(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
