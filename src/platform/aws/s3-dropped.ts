import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ObjectCreated } from '../../intake/buckets/object-events.ts';
import type { DroppedObjects } from '../../intake/buckets/take-object.ts';
import { isMissing, isTaken, onStore, refusalOf, storeFailure } from './s3-failures.ts';

/** Objects that others have put into buckets, each only while it is the one that an event told of. */
export function createDroppedObjects(client: S3Client): DroppedObjects {
  const placeOf = ({ bucket, key, versionId }: ObjectCreated) => ({
    ...{ Bucket: bucket, Key: key },
    ...(versionId !== undefined && { VersionId: versionId }),
  });
  const only = ({ etag }: ObjectCreated) => (etag === undefined ? {} : { IfMatch: quoted(etag) });

  return {
    async open(object, signal) {
      try {
        const command = new GetObjectCommand({ ...placeOf(object), ...only(object) });
        const { Body, ContentLength } = await client.send(command, { abortSignal: signal });
        if (!Body || ContentLength === undefined) return undefined;
        return { size: ContentLength, body: bytesOf(Body as AsyncIterable<Uint8Array>) };
      } catch (error) {
        if (isGone(error)) return undefined;
        return onStore(Promise.reject(error), signal);
      }
    },

    async remove(object) {
      // S3 itself takes a condition for deletes of late; other servers do not, so it is looked at first.
      const head = await onStore(client.send(new HeadObjectCommand(placeOf(object)))).catch((error) => {
        if (isGone(error.cause)) return undefined;
        throw error;
      });
      if (!head || (object.etag !== undefined && quoted(head.ETag ?? '') !== quoted(object.etag))) return;
      await onStore(client.send(new DeleteObjectCommand(placeOf(object))));
    },
  };
}

/** Gone, replaced, or a marker that it was deleted. */
function isGone(error: unknown): boolean {
  return isMissing(error) || isTaken(error) || refusalOf(error).status === 405;
}

/** Events have it without quotes. */
function quoted(etag: string): string {
  return etag.startsWith('"') ? etag : `"${etag}"`;
}

async function* bytesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw storeFailure(error);
  }
}
