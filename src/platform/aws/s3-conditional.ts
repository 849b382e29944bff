import { randomUUID } from 'node:crypto';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { Failure } from '../../failures.ts';
import { bucketKey, type S3Bucket } from './s3-bucket.ts';
import { isContended, isMissing, isTaken, refusalOf, storeFailure } from './s3-failures.ts';

/** The name in an object's metadata under which it says which writing it came from. */
const WRITING = 'writing';

/** A writing of an object that must not be there yet. */
export interface FirstWriting {
  /** for the object's metadata */
  readonly metadata: Readonly<Record<string, string>>;
  readonly condition: { readonly IfNoneMatch: '*' };
  /**
   * What the refusal of the last request means.
   *
   * @returns where the object is this writing's own: the answer to an earlier attempt was lost
   * @throws Failure `object_exists`; `storage_unavailable` where nobody knows
   */
  settle(error: unknown): Promise<void>;
}

/**
 * The SDK repeats a request whose answer was lost. If it had been carried out, the repetition finds the key taken: by
 * ourselves, which only a mark on the object can tell.
 */
export function firstWriting(bucket: S3Bucket, key: string): FirstWriting {
  const mark = randomUUID();

  async function markThere(): Promise<string | undefined> {
    const input = { Bucket: bucket.settings.bucket, Key: bucketKey(bucket, key) };
    try {
      const { Metadata } = await bucket.client.send(new HeadObjectCommand(input));
      return Metadata?.[WRITING] ?? '';
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw storeFailure(error);
    }
  }

  return {
    metadata: { [WRITING]: mark },
    condition: { IfNoneMatch: '*' },
    async settle(error) {
      if (isTaken(error) && refusalOf(error).attempts === 1) throw exists(key);
      if (!isTaken(error) && !isContended(error)) throw storeFailure(error);
      const there = await markThere();
      if (there === mark) return;
      throw there === undefined ? storeFailure(error) : exists(key);
    },
  };
}

function exists(key: string): Failure {
  return new Failure('object_exists', `There is an object ${key} already.`);
}
