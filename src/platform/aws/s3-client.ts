import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { S3Settings } from './s3-settings.ts';

/** What a caller of the SDK proves itself with; the default chain (environment, profile, role) where none is given. */
export interface AwsIdentity {
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The first try and three more, with the SDK's growing and jittered pauses in between. */
const MOST_ATTEMPTS = 4;
const CONNECT_WITHIN_MS = 3_000;
/** until the answer begins: a part of 8 MiB on a link of 5 Mbit/s */
const ANSWER_WITHIN_MS = 15_000;
/** without a single byte */
const SILENT_AT_MOST_MS = 10_000;
const MOST_SOCKETS = 256;

/** For what the service itself asks of the store. Bodies are sent with checksums, and answers are checked. */
export function openS3Client(settings: S3Settings, identity: AwsIdentity = {}): S3Client {
  return new S3Client({
    ...base(settings, identity),
    maxAttempts: MOST_ATTEMPTS,
    retryMode: 'standard',
    ...(settings.isCompat && withoutNewChecksums),
    requestHandler: {
      connectionTimeout: CONNECT_WITHIN_MS,
      requestTimeout: ANSWER_WITHIN_MS,
      throwOnRequestTimeout: true,
      socketTimeout: SILENT_AT_MOST_MS,
      httpAgent: { keepAlive: true, maxSockets: MOST_SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: MOST_SOCKETS },
    },
  });
}

/**
 * For URLs that others use. The SDK would put the checksum of an empty body into each one for a PUT, and the store would
 * refuse every upload: https://github.com/aws/aws-sdk-js-v3/issues/6810
 */
export function openPresigningClient(settings: S3Settings, identity: AwsIdentity = {}): S3Client {
  const { publicUrl } = settings;
  const seen = publicUrl === undefined ? settings : { ...settings, endpoint: publicUrl };
  return new S3Client({ ...base(seen, identity), ...withoutNewChecksums });
}

const withoutNewChecksums = {
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
} as const;

function base({ endpoint }: S3Settings, { region, credentials }: AwsIdentity): S3ClientConfig {
  return {
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    // Other servers hardly care, but the SDK wants one; AWS's own is never guessed.
    ...(region !== undefined ? { region } : endpoint !== undefined && { region: 'us-east-1' }),
    ...(credentials && { credentials }),
  };
}
