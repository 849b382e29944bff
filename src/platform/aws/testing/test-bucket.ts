import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createRequestCounts, type RequestCounts } from '../request-counts.ts';
import type { S3Bucket } from '../s3-bucket.ts';
import { type AwsIdentity, openS3Client } from '../s3-client.ts';
import type { S3Settings } from '../s3-settings.ts';

export interface TestBucket extends S3Bucket {
  /** an empty folder for files that are being worked on */
  readonly scratch: string;
  readonly counts: RequestCounts;
  /** Bytes of all objects, and of all parts of uploads that were not ended. */
  used(): Promise<number>;
  close(): Promise<void>;
}

/** A new bucket on a running server. */
export async function openTestBucket(
  endpoint: string,
  identity: AwsIdentity,
  differences: Partial<S3Settings> = {},
): Promise<TestBucket> {
  const bucket = `test-${randomUUID()}`;
  const settings: S3Settings = { bucket, prefix: '', endpoint, isCompat: false, ...differences };
  const client = openS3Client(settings, identity);
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const counts = createRequestCounts();
  counts.watch(client);
  const scratch = await mkdtemp(join(tmpdir(), 'darkroom-s3-'));
  return {
    ...{ client, settings, scratch, counts },
    used: async () => (await bytesOfObjects(client, bucket)) + (await bytesOfParts(client, bucket)),
    async close() {
      client.destroy();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

async function bytesOfObjects(client: S3Client, Bucket: string): Promise<number> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
  return Contents.reduce((sum, { Size = 0 }) => sum + Size, 0);
}

async function bytesOfParts(client: S3Client, Bucket: string): Promise<number> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  let bytes = 0;
  for (const { Key, UploadId } of Uploads) {
    const { Parts = [] } = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    bytes += Parts.reduce((sum, { Size = 0 }) => sum + Size, 0);
  }
  return bytes;
}
