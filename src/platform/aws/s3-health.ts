import { GetBucketVersioningCommand, HeadBucketCommand } from '@aws-sdk/client-s3';
import type { S3Bucket } from './s3-bucket.ts';
import { refusalOf } from './s3-failures.ts';

/** What keeps the bucket from being worked with, in sentences: `[]` is well. One request. */
export async function bucketFaults({ client, settings }: S3Bucket, signal: AbortSignal): Promise<string[]> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: settings.bucket }), { abortSignal: signal });
    return [];
  } catch (error) {
    const { status } = refusalOf(error);
    if (status === 404) return ['the bucket does not exist'];
    if (status === 401 || status === 403) return ['the bucket lets nobody in with these credentials'];
    return ['the object store does not answer'];
  }
}

/** What makes the bucket break a promise, though it can be worked with: for a tool to tell. One request. */
export async function bucketWarnings({ client, settings }: S3Bucket): Promise<string[]> {
  const command = new GetBucketVersioningCommand({ Bucket: settings.bucket });
  const { Status } = await client.send(command).catch(() => ({ Status: undefined }));
  if (Status !== 'Enabled') return [];
  return [
    'the bucket keeps old versions: what is erased stays until a lifecycle rule ends them; turn versioning off, or add NoncurrentVersionExpiration of a day',
  ];
}
