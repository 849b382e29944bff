import type { ObjectAttributes } from '../../images/object-store.ts';
import { bucketKey, encryptionOf, type S3Bucket } from './s3-bucket.ts';
import type { FirstWriting } from './s3-conditional.ts';

/** An object that is being written. */
export interface Writing {
  readonly key: string;
  readonly attributes: ObjectAttributes;
  /** where nothing may be there yet */
  readonly first?: FirstWriting;
  readonly signal?: AbortSignal;
}

/** Where an object is written, and what is kept beside its bytes. */
export function describe(bucket: S3Bucket, { key, attributes, first }: Writing) {
  const { contentType, metadata } = attributes;
  return {
    Bucket: bucket.settings.bucket,
    Key: bucketKey(bucket, key),
    ContentType: contentType,
    Metadata: { ...metadata, ...first?.metadata },
    ...encryptionOf(bucket),
  };
}
