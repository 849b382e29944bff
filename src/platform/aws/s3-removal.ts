import { DeleteObjectCommand, DeleteObjectsCommand } from '@aws-sdk/client-s3';
import { inParallel } from '../embedded/in-parallel.ts';
import { bucketKey, type S3Bucket } from './s3-bucket.ts';
import { isMissing, onStore, storeFailure } from './s3-failures.ts';

/** The most that S3 takes in one request. */
const MOST_IN_ONE = 1_000;
const SENT_AT_ONCE = 8;

/** Deletes what is there. @throws Failure `storage_unavailable`: some of it may be gone */
export async function deleteObjects(bucket: S3Bucket, keys: readonly string[]): Promise<void> {
  const [only] = keys;
  if (only === undefined) return;
  // The request for one object needs no checksum of a list, and every server knows it.
  if (keys.length === 1) return deleteOne(bucket, only);
  if (bucket.settings.isCompat) return inParallel(keys, SENT_AT_ONCE, (key) => deleteOne(bucket, key));
  await inParallel(batches(keys), SENT_AT_ONCE, (batch) => deleteBatch(bucket, batch));
}

async function deleteOne(bucket: S3Bucket, key: string): Promise<void> {
  const command = new DeleteObjectCommand({ Bucket: bucket.settings.bucket, Key: bucketKey(bucket, key) });
  try {
    await bucket.client.send(command);
  } catch (error) {
    if (!isMissing(error)) throw storeFailure(error);
  }
}

async function deleteBatch(bucket: S3Bucket, keys: readonly string[]): Promise<void> {
  const Objects = keys.map((key) => ({ Key: bucketKey(bucket, key) }));
  const command = new DeleteObjectsCommand({
    Bucket: bucket.settings.bucket,
    Delete: { Objects, Quiet: true },
  });
  const { Errors = [] } = await onStore(bucket.client.send(command));
  const [failed] = Errors.filter(({ Code }) => Code !== 'NoSuchKey');
  if (failed) throw storeFailure(new Error(`${Errors.length} objects stay: ${failed.Code}`));
}

function* batches(keys: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < keys.length; at += MOST_IN_ONE) yield keys.slice(at, at + MOST_IN_ONE);
}
