import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { OriginalLinks } from '../../delivery/original-links.ts';
import type { Clock } from '../../images/clock.ts';
import { objectKeys } from '../../images/keys.ts';
import type { UploadPlaces } from '../../intake/upload-places.ts';
import { bucketKey, encryptionOf } from './s3-bucket.ts';
import type { S3Settings } from './s3-settings.ts';

export interface S3LinksDeps {
  /** from `openPresigningClient` */
  readonly client: S3Client;
  readonly settings: S3Settings;
  readonly clock: Clock;
}

const DOWNLOAD_WITHIN_S = 5 * 60;
/** SigV4's own bound. */
const MOST_SECONDS = 7 * 24 * 3_600;

/**
 * Places in the bucket, each for one PUT: of as many bytes as were declared, with the SHA-256 that was declared, and only
 * where nothing is yet. The store refuses everything else, as the length and these headers are signed.
 */
export function createS3UploadPlaces({ client, settings, clock }: S3LinksDeps): UploadPlaces {
  return {
    async placeFor({ record, declared }, until) {
      const { tenant_id: tenantId, image_id: imageId } = record;
      const key = bucketKey({ client, settings }, objectKeys.original(tenantId, imageId));
      const contentType = declared?.content_type ?? 'application/octet-stream';
      const { size, sha256 } = declared ?? {};
      const command = new PutObjectCommand({
        Bucket: settings.bucket,
        Key: key,
        ContentType: contentType,
        ...(size !== undefined && { ContentLength: size }),
        ...(!settings.isCompat && {
          IfNoneMatch: '*',
          ...(sha256 !== undefined && { ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64') }),
        }),
        Metadata: { 'image-id': imageId, filename: encodeURIComponent(declared?.filename ?? '') },
        ...encryptionOf({ client, settings }),
      });
      const headers = { 'content-type': contentType, ...sentAlong(command) };
      const url = await getSignedUrl(client, command, {
        expiresIn: seconds(until - clock.now()),
        // The SDK would move what begins with x-amz- into the URL, where not every server looks, and sign no length.
        unhoistableHeaders: new Set(Object.keys(headers)),
        signableHeaders: new Set(['host', 'content-length', ...Object.keys(headers)]),
      });
      return { url, headers };
    },
  };
}

/** What the sender has to say for the signature to fit, besides the type and the length. */
function sentAlong({ input }: PutObjectCommand): Record<string, string> {
  const metadata = Object.entries(input.Metadata ?? {});
  const encryption = {
    'x-amz-server-side-encryption': input.ServerSideEncryption,
    'x-amz-server-side-encryption-aws-kms-key-id': input.SSEKMSKeyId,
    'x-amz-server-side-encryption-bucket-key-enabled': input.BucketKeyEnabled?.toString(),
  };
  const conditions = { 'if-none-match': input.IfNoneMatch, 'x-amz-checksum-sha256': input.ChecksumSHA256 };
  const all = [
    ...Object.entries({ ...conditions, ...encryption }),
    ...metadata.map(([name, value]) => [`x-amz-meta-${name}`, value] as const),
  ];
  return Object.fromEntries(all.filter((header): header is [string, string] => header[1] !== undefined));
}

export function createS3OriginalLinks({ client, settings }: S3LinksDeps): OriginalLinks {
  return {
    linkTo: ({ key, contentType, contentDisposition }) =>
      getSignedUrl(
        client,
        new GetObjectCommand({
          Bucket: settings.bucket,
          Key: bucketKey({ client, settings }, key),
          ResponseContentType: contentType,
          ResponseContentDisposition: contentDisposition,
          ResponseCacheControl: 'private, no-store',
        }),
        { expiresIn: DOWNLOAD_WITHIN_S },
      ),
  };
}

function seconds(milliseconds: number): number {
  return Math.min(MOST_SECONDS, Math.max(1, Math.floor(milliseconds / 1000)));
}
