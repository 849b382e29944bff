import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { clientSettings, credentials } from '../credentials.ts';
import { acceptance, accepted, freshName, type Probe, refusal } from './outcome.ts';
import { postForm } from './post-form.ts';
import { putBytes } from './put-bytes.ts';

const BYTES = Buffer.from('what was promised');
const OTHER_BYTES = Buffer.from('what was not said');
const wrongSecret = { ...credentials, secretAccessKey: 'another secret' };

/** A client that adds no checksum by itself, and a bucket of its own. */
export async function freshBucket(endpoint: string): Promise<{ s3: S3Client; bucket: string }> {
  const s3 = s3Client(endpoint);
  const bucket = freshName('bucket');
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  return { s3, bucket };
}

function s3Client(endpoint: string, as = credentials): S3Client {
  return new S3Client({
    ...clientSettings(endpoint, as),
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64');

async function post(endpoint: string, secret: string, bytes: Buffer): Promise<string> {
  const { bucket } = await freshBucket(endpoint);
  const form = postForm({ bucket, key: 'a.jpg', maxBytes: 100, secret, bytes });
  return accepted(await fetch(`${endpoint}/${bucket}`, { method: 'POST', body: form }));
}

export const s3Probes = {
  s3_post_too_long: (endpoint) => post(endpoint, credentials.secretAccessKey, Buffer.alloc(200)),
  s3_post_bad_signature: (endpoint) => post(endpoint, wrongSecret.secretAccessKey, BYTES),

  async s3_tampered_get(endpoint) {
    const { s3, bucket } = await freshBucket(endpoint);
    for (const Key of ['mine', 'yours'])
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: BYTES }));
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: 'mine' }));
    return accepted(await fetch(url.replace('/mine?', '/yours?')));
  },

  async s3_bad_signature(endpoint) {
    const { bucket } = await freshBucket(endpoint);
    const put = new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: BYTES });
    return await acceptance(s3Client(endpoint, wrongSecret).send(put));
  },

  async s3_wrong_crc32(endpoint) {
    const { s3, bucket } = await freshBucket(endpoint);
    return await acceptance(
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: BYTES, ChecksumCRC32: 'AAAAAA==' })),
    );
  },

  async s3_wrong_sha256(endpoint) {
    const { s3, bucket } = await freshBucket(endpoint);
    return await acceptance(
      s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: BYTES, ChecksumSHA256: sha256(OTHER_BYTES) }),
      ),
    );
  },

  async s3_if_none_match(endpoint) {
    const { s3, bucket } = await freshBucket(endpoint);
    const put = () =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: BYTES, IfNoneMatch: '*' }));
    await put();
    return await refusal(put());
  },

  async s3_if_match(endpoint) {
    const { s3, bucket } = await freshBucket(endpoint);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: BYTES }));
    const IfMatch = '"00000000000000000000000000000000"';
    return await refusal(
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: OTHER_BYTES, IfMatch })),
    );
  },

  async s3_if_none_match_race(endpoint) {
    const { s3, bucket } = await freshBucket(endpoint);
    const puts = Array.from({ length: 8 }, (_, index) =>
      refusal(
        s3.send(
          new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: `writer ${index}`, IfNoneMatch: '*' }),
        ),
      ),
    );
    const stored = (await Promise.all(puts)).filter((outcome) => outcome === 'accepted').length;
    return stored === 1 ? 'one' : String(stored);
  },

  async s3_delete_marker(endpoint) {
    const { s3, bucket } = await freshBucket(endpoint);
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
    const { VersionId } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: BYTES }));
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' }));
    const now = await acceptance(s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'a' })));
    const before = await acceptance(s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'a', VersionId })));
    return `${now === 'refused' ? 'hidden' : 'shown'}, version ${before === 'accepted' ? 'kept' : 'lost'}`;
  },

  async s3_presigned_put_wrong_length(endpoint) {
    const { s3, bucket } = await freshBucket(endpoint);
    const put = new PutObjectCommand({ Bucket: bucket, Key: 'a', ContentLength: BYTES.length + 1 });
    const url = await getSignedUrl(s3, put, { signableHeaders: new Set(['content-length', 'host']) });
    return await putBytes(url, BYTES);
  },

  async s3_presigned_put_wrong_sha256(endpoint) {
    const { s3, bucket } = await freshBucket(endpoint);
    const checksum = sha256(OTHER_BYTES);
    const put = new PutObjectCommand({ Bucket: bucket, Key: 'a', ChecksumSHA256: checksum });
    const url = await getSignedUrl(s3, put, { unhoistableHeaders: new Set(['x-amz-checksum-sha256']) });
    return await putBytes(url, BYTES, { 'x-amz-checksum-sha256': checksum });
  },

  async s3_presigned_expired(endpoint) {
    const { s3, bucket } = await freshBucket(endpoint);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: BYTES }));
    const signingDate = new Date(Date.now() - 3_600_000);
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: 'a' }), {
      signingDate,
      expiresIn: 60,
    });
    return accepted(await fetch(url));
  },

  async s3_small_part(endpoint) {
    const { s3, bucket } = await freshBucket(endpoint);
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'a' }));
    const Parts = await Promise.all(
      [1, 2].map(async (PartNumber) => {
        const { ETag } = await s3.send(
          new UploadPartCommand({ Bucket: bucket, Key: 'a', UploadId, PartNumber, Body: BYTES }),
        );
        return { PartNumber, ETag };
      }),
    );
    return await acceptance(
      s3.send(
        new CompleteMultipartUploadCommand({
          Bucket: bucket,
          Key: 'a',
          UploadId,
          MultipartUpload: { Parts },
        }),
      ),
    );
  },

  async s3_range_past_end(endpoint) {
    const { s3, bucket } = await freshBucket(endpoint);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: BYTES }));
    return await refusal(s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'a', Range: 'bytes=100-' })));
  },
} satisfies Record<string, Probe>;
