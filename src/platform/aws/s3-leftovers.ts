import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3';
import type { S3Bucket } from './s3-bucket.ts';
import { isMissing, onStore, storeFailure } from './s3-failures.ts';

/**
 * Ends uploads in parts that nobody ended, for their parts are paid for and no listing of objects shows them. Answers how
 * many.
 *
 * @param isOpen whether this process works on it
 * @param before milliseconds: begun earlier than this
 */
export async function endForgottenUploads(
  bucket: S3Bucket,
  { isOpen, before }: { isOpen: (uploadId: string) => boolean; before: number },
): Promise<number> {
  let ended = 0;
  for await (const { Key, UploadId, Initiated } of uploadsIn(bucket)) {
    if (UploadId === undefined || isOpen(UploadId) || (Initiated?.getTime() ?? 0) >= before) continue;
    const command = new AbortMultipartUploadCommand({ Bucket: bucket.settings.bucket, Key, UploadId });
    try {
      await bucket.client.send(command);
      ended += 1;
    } catch (error) {
      if (!isMissing(error)) throw storeFailure(error);
    }
  }
  return ended;
}

async function* uploadsIn({ client, settings }: S3Bucket) {
  const input = { Bucket: settings.bucket, Prefix: settings.prefix };
  let from: Markers | undefined = {};
  while (from) {
    const command = new ListMultipartUploadsCommand({ ...input, ...from });
    const page: ListMultipartUploadsCommandOutput = await onStore(client.send(command));
    yield* page.Uploads ?? [];
    from = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
      : undefined;
  }
}

type Markers = Pick<ListMultipartUploadsCommandInput, 'KeyMarker' | 'UploadIdMarker'>;
