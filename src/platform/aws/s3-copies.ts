import {
  DeleteObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ResultCopies } from '../../notices/result-copies.ts';
import { onStore } from './s3-failures.ts';

/** Copies of results in buckets of others. */
export function createResultCopies(client: S3Client): ResultCopies {
  return {
    async put({ bucket, key, contentType, size, body }) {
      const command = new PutObjectCommand({
        ...{ Bucket: bucket, Key: key, ContentType: contentType, ContentLength: size },
        Body: new Uint8Array(await new Response(body).arrayBuffer()),
      });
      await onStore(client.send(command));
    },

    async removeFolder({ bucket, prefix }) {
      for (;;) {
        const { Contents = [], IsTruncated } = await onStore(
          client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix })),
        );
        const Objects = Contents.flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]));
        if (Objects.length === 0) return;
        const Delete = { Objects, Quiet: true };
        await onStore(client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete })));
        if (IsTruncated !== true) return;
      }
    },
  };
}
