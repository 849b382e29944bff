import { GetObjectCommand, HeadObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { Failure } from '../../failures.ts';
import type { PointedObject } from '../../intake/kafka/pointed.ts';
import { openS3Client } from '../aws/s3-client.ts';
import type { BucketServer } from './pointed-places.ts';

export interface PointedBuckets {
  /** Nothing where there is no such object. @throws Failure `storage_unavailable` */
  open(bucket: string, key: string, signal: AbortSignal): Promise<PointedObject | undefined>;
}

/** Reads with the region and the credentials that the AWS SDK finds. */
export function pointedBuckets(server: BucketServer): PointedBuckets {
  const client = openS3Client({ bucket: '', prefix: '', ...server });
  return {
    async open(bucket, key, signal) {
      const place = { Bucket: bucket, Key: key };
      try {
        const head = await client.send(new HeadObjectCommand(place), { abortSignal: signal });
        if (head.ContentLength === undefined) return undefined;
        return { size: head.ContentLength, body: contentOf(client, place, head.ETag) };
      } catch (error) {
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
        throw new Failure('storage_unavailable', `The bucket ${bucket} cannot be read now.`, {
          cause: error,
        });
      }
    },
  };
}

/** Asked for only when it is read: what is refused before holds no connection. */
async function* contentOf(
  client: S3Client,
  place: { Bucket: string; Key: string },
  etag: string | undefined,
): AsyncGenerator<Uint8Array> {
  const answer = await client.send(
    new GetObjectCommand({ ...place, ...(etag !== undefined && { IfMatch: etag }) }),
  );
  if (answer.Body) yield* answer.Body as AsyncIterable<Uint8Array>;
}
