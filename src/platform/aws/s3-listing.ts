import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { ObjectHead } from '../../images/object-store.ts';
import { bucketKey, ownKey, type S3Bucket } from './s3-bucket.ts';
import { onStore } from './s3-failures.ts';

/** Everything whose key begins with a prefix, a thousand per request, in the order of the keys. */
export async function* listObjects(bucket: S3Bucket, prefix: string): AsyncGenerator<ObjectHead> {
  for await (const { Contents = [] } of pages(bucket, prefix)) {
    for (const { Key = '', Size = 0, LastModified } of Contents) {
      const key = ownKey(bucket, Key);
      // Consoles and gateways keep empty objects that stand for folders.
      if (key === undefined || key === '' || key.endsWith('/')) continue;
      yield { key, size: Size, modifiedAt: wholeSeconds(LastModified) };
    }
  }
}

/** The folders directly below the top, each with its slash, and the objects that lie in none. */
export async function topOf(bucket: S3Bucket): Promise<{ folders: string[]; objects: ObjectHead[] }> {
  const folders: string[] = [];
  const objects: ObjectHead[] = [];
  for await (const { Contents = [], CommonPrefixes = [] } of pages(bucket, '', '/')) {
    for (const { Prefix = '' } of CommonPrefixes) folders.push(ownKey(bucket, Prefix) ?? '');
    for (const { Key = '', Size = 0, LastModified } of Contents) {
      const key = ownKey(bucket, Key);
      if (key) objects.push({ key, size: Size, modifiedAt: wholeSeconds(LastModified) });
    }
  }
  return { folders, objects };
}

async function* pages(bucket: S3Bucket, prefix: string, delimiter?: string) {
  const input = {
    Bucket: bucket.settings.bucket,
    Prefix: bucketKey(bucket, prefix),
    ...(delimiter !== undefined && { Delimiter: delimiter }),
  };
  let token: string | undefined;
  do {
    const more = token === undefined ? {} : { ContinuationToken: token };
    const page = await onStore(bucket.client.send(new ListObjectsV2Command({ ...input, ...more })));
    yield page;
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** Some servers list more of a time than the header of a single object can say; what is compared has to be the same. */
function wholeSeconds(time: Date | undefined): number {
  return Math.floor((time?.getTime() ?? 0) / 1000) * 1000;
}
