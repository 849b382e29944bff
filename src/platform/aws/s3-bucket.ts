import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Settings } from './s3-settings.ts';

/** A bucket, and how its objects are written and named. */
export interface S3Bucket {
  readonly client: S3Client;
  readonly settings: S3Settings;
}

/** The name in the bucket of an object of ours. */
export function bucketKey({ settings }: S3Bucket, key: string): string {
  return settings.prefix + key;
}

/** Our name of an object in the bucket; undefined for what lies elsewhere. */
export function ownKey({ settings }: S3Bucket, bucketKey: string): string | undefined {
  return bucketKey.startsWith(settings.prefix) ? bucketKey.slice(settings.prefix.length) : undefined;
}

/**
 * How objects are encrypted. With a bucket key, S3 asks KMS about once a minute and not for each object, which is up to a
 * hundredth of the requests.
 */
export function encryptionOf({ settings: { kmsKey } }: S3Bucket) {
  return kmsKey === undefined
    ? {}
    : ({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKey, BucketKeyEnabled: true } as const);
}
