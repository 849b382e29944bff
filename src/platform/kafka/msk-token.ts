import { createHash, createHmac } from 'node:crypto';

/** Whom a request is signed as, in the shape in which the AWS SDK gives it. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const SERVICE = 'kafka-cluster';
/** seconds; the longest that MSK takes */
const LIFETIME = 900;

/**
 * A token for IAM access to MSK: a presigned URL of `kafka-cluster:Connect`, in base64url.
 * Format: github.com/aws/aws-msk-iam-sasl-signer-js; signature: AWS Signature Version 4, query parameters.
 */
export async function mskToken({ region }: { region: string }): Promise<string> {
  return signedToken({ region, credentials: await defaultCredentials(region), at: new Date() });
}

/** From the environment, the profile, the container or the machine: where the SDK looks. */
async function defaultCredentials(region: string): Promise<AwsCredentials> {
  const { SNSClient } = await import('@aws-sdk/client-sns');
  const client = new SNSClient({ region });
  try {
    return await client.config.credentials();
  } finally {
    client.destroy();
  }
}

/** @param at the time of signing; the token is good for 15 minutes from then */
export function signedToken({
  region,
  credentials,
  at,
}: {
  region: string;
  credentials: AwsCredentials;
  at: Date;
}): string {
  const host = `kafka.${region}.amazonaws.com`;
  const stamp = at.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = `${stamp.slice(0, 8)}/${region}/${SERVICE}/aws4_request`;
  const query = canonicalQuery({
    Action: 'kafka-cluster:Connect',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${credentials.accessKeyId}/${scope}`,
    'X-Amz-Date': stamp,
    'X-Amz-Expires': String(LIFETIME),
    'X-Amz-SignedHeaders': 'host',
    ...(credentials.sessionToken !== undefined && { 'X-Amz-Security-Token': credentials.sessionToken }),
  });
  const request = ['GET', '/', query, `host:${host}\n`, 'host', sha256('')].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', stamp, scope, sha256(request)].join('\n');
  const key = scope
    .split('/')
    .reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(key, toSign).toString('hex');
  const url = `https://${host}/?${query}&X-Amz-Signature=${signature}&User-Agent=darkroom`;
  return Buffer.from(url).toString('base64url');
}

function canonicalQuery(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
}

/** RFC 3986: also what `encodeURIComponent` lets through. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
