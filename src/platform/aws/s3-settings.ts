import type { Settings } from '../../config.ts';
import { Failure } from '../../failures.ts';

/** Which bucket, and how to speak to its server. */
export interface S3Settings {
  readonly bucket: string;
  /** what all keys begin with: empty, or it ends in a slash */
  readonly prefix: string;
  /** a server other than AWS's; its buckets are addressed by path */
  readonly endpoint?: string;
  /** where senders reach that server, where that is another address */
  readonly publicUrl?: string;
  /** for servers that refuse the newer checksums, or deletion of many objects at once */
  readonly isCompat: boolean;
  /** id, ARN or alias */
  readonly kmsKey?: string;
}

/** @throws Failure `invalid_settings` where no bucket is named */
export function s3SettingsOf(settings: Settings): S3Settings {
  const { s3Bucket: bucket, s3Prefix: prefix = '', s3Compat: isCompat } = settings;
  const { s3Endpoint: endpoint, s3PublicUrl: publicUrl, s3KmsKey: kmsKey } = settings;
  if (bucket === undefined) {
    throw new Failure(
      'invalid_settings',
      'The platform aws needs a bucket. Set DARKROOM_S3_BUCKET to its name.',
    );
  }
  return {
    ...{ bucket, prefix, isCompat },
    ...(endpoint !== undefined && { endpoint }),
    ...(publicUrl !== undefined && { publicUrl }),
    ...(kmsKey !== undefined && { kmsKey }),
  };
}
