import { createHmac } from 'node:crypto';
import { credentials, REGION } from '../credentials.ts';

export interface PostedObject {
  readonly bucket: string;
  readonly key: string;
  /** the upper end of content-length-range */
  readonly maxBytes: number;
  /** signs the policy */
  readonly secret: string;
  readonly bytes: Buffer;
}

/**
 * A browser's upload form with a signed policy.
 * Source: "Browser-Based Uploads Using POST (AWS Signature Version 4)", Amazon S3 API reference.
 */
export function postForm({ bucket, key, maxBytes, secret, bytes }: PostedObject): FormData {
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const fields = {
    key,
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': `${credentials.accessKeyId}/${day}/${REGION}/s3/aws4_request`,
    'x-amz-date': time,
  };
  const conditions = [
    { bucket },
    ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
    ['content-length-range', 1, maxBytes],
  ];
  const expiration = new Date(Date.now() + 600_000).toISOString();
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
  const signingKey = [day, REGION, 's3', 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => createHmac('sha256', previous).update(part).digest(),
    `AWS4${secret}`,
  );
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('policy', policy);
  form.set('x-amz-signature', createHmac('sha256', signingKey).update(policy).digest('hex'));
  form.set('file', new Blob([new Uint8Array(bytes)]), 'a.jpg');
  return form;
}
