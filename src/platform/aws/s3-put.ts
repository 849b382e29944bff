import { createHash, hash } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { ObjectAttributes, StoredObject } from '../../images/object-store.ts';
import { abortable } from '../embedded/abortable.ts';
import { inParts, type Part } from './parts.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { firstWriting } from './s3-conditional.ts';
import { storeFailure } from './s3-failures.ts';
import { type MultipartUploads, putInParts } from './s3-multipart.ts';
import { describe, type Writing } from './s3-writing.ts';

export interface ToPut {
  readonly key: string;
  readonly body: AsyncIterable<Uint8Array>;
  readonly attributes: ObjectAttributes;
  readonly ifAbsent: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Up to one part, an object is a single request, and the store keeps the SHA-256 of the whole; a larger one is sent part
 * by part as it comes.
 *
 * @throws Failure `object_exists`, `storage_unavailable`; what the body throws
 */
export async function putObject(
  bucket: S3Bucket,
  uploads: MultipartUploads,
  { key, body, attributes, ifAbsent, signal }: ToPut,
): Promise<StoredObject> {
  const whole = createHash('sha256');
  let size = 0;
  async function* watched() {
    for await (const chunk of abortable(body, signal)) {
      whole.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  const writing: Writing = {
    ...{ key, attributes },
    ...(ifAbsent && { first: firstWriting(bucket, key) }),
    ...(signal && { signal }),
  };
  const parts = inParts(watched(), uploads.partBytes);
  const { value: part } = await parts.next();
  if (!part || part.isLast) await putWhole(bucket, writing, part?.bytes ?? Buffer.alloc(0));
  else await putInParts(bucket, uploads, writing, startingWith(part, parts));
  return { size, sha256: whole.digest('hex') };
}

/** One request for all bytes. */
async function putWhole(bucket: S3Bucket, writing: Writing, bytes: Buffer): Promise<void> {
  const { first, signal } = writing;
  signal?.throwIfAborted();
  const command = new PutObjectCommand({
    ...describe(bucket, writing),
    ...first?.condition,
    Body: bytes,
    ContentLength: bytes.length,
    ...(!bucket.settings.isCompat && { ChecksumSHA256: hash('sha256', bytes, 'base64') }),
  });
  try {
    await bucket.client.send(command, signal ? { abortSignal: signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    if (!first) throw storeFailure(error);
    await first.settle(error);
  }
}

async function* startingWith(first: Part, rest: AsyncGenerator<Part>): AsyncGenerator<Part> {
  yield first;
  yield* rest;
}
