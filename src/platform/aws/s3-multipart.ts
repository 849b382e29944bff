import { hash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Part } from './parts.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { onStore, storeFailure } from './s3-failures.ts';
import { describe, type Writing } from './s3-writing.ts';
import { createSlots } from './slots.ts';

/** Uploads in parts that this process has begun and not ended, and how many parts are on their way at once. */
export interface MultipartUploads {
  /** bytes; at least 5 MiB, for S3 takes no smaller ones but the last */
  readonly partBytes: number;
  readonly open: Set<string>;
  /** Sends a part when fewer than so many are on their way, of all uploads together. */
  readonly sending: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Images are smaller as a rule: one request each. */
const PART_BYTES = 8 * 2 ** 20;
const SENT_AT_ONCE = 16;
/** Of one upload: one part is filled while so many are on their way. */
const SENT_AT_ONCE_OF_ONE = 2;

export function createMultipartUploads(partBytes = PART_BYTES): MultipartUploads {
  return { partBytes, open: new Set(), sending: createSlots(SENT_AT_ONCE) };
}

/** Sends a body part by part. What fails leaves nothing behind. @throws Failure as `putObject` */
export async function putInParts(
  bucket: S3Bucket,
  uploads: MultipartUploads,
  writing: Writing,
  parts: AsyncGenerator<Part>,
): Promise<void> {
  const upload = await begin(bucket, writing);
  uploads.open.add(upload.UploadId);
  try {
    const completed = await sendAll(bucket, uploads, upload, writing, parts);
    writing.signal?.throwIfAborted();
    await complete(bucket, upload, writing, completed);
  } catch (error) {
    // Where even this fails, the sweep of leftovers finds it.
    await bucket.client.send(new AbortMultipartUploadCommand(upload)).catch(() => {});
    throw error;
  } finally {
    uploads.open.delete(upload.UploadId);
  }
}

interface Upload {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

async function begin(bucket: S3Bucket, writing: Writing): Promise<Upload> {
  const object = describe(bucket, writing);
  const command = new CreateMultipartUploadCommand({
    ...object,
    ...(!bucket.settings.isCompat && { ChecksumAlgorithm: 'SHA256' }),
  });
  const { UploadId } = await onStore(bucket.client.send(command), writing.signal);
  if (UploadId === undefined) throw storeFailure(new Error('an upload in parts has no id'));
  return { Bucket: object.Bucket, Key: object.Key, UploadId };
}

async function sendAll(
  bucket: S3Bucket,
  { sending }: MultipartUploads,
  upload: Upload,
  { signal }: Writing,
  parts: AsyncGenerator<Part>,
): Promise<CompletedPart[]> {
  const failing = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failing.signal]) : failing.signal;
  const sent: Promise<CompletedPart>[] = [];
  try {
    for await (const { bytes } of unless(failing.signal, parts)) {
      const number = sent.length + 1;
      const part = sending(() => sendPart(bucket, upload, number, bytes, stop));
      part.catch((error: unknown) => failing.abort(error));
      sent.push(part);
      await sent[number - 1 - SENT_AT_ONCE_OF_ONE];
    }
    return await Promise.all(sent);
  } catch (error) {
    // A part that arrives after its upload was ended would stay: nothing is ended before all are settled.
    failing.abort(error);
    await Promise.allSettled(sent);
    throw error;
  }
}

/** A part that failed ends the wait for the next one, however silent its sender is. */
async function* unless(failed: AbortSignal, parts: AsyncGenerator<Part>): AsyncGenerator<Part> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  failed.addEventListener('abort', () => reject(failed.reason), { once: true });
  let isRead = false;
  try {
    for (;;) {
      const next = await Promise.race([parts.next(), promise]);
      isRead = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: it answers only when the sender does.
    if (!isRead) void parts.return(undefined).catch(() => {});
  }
}

async function sendPart(
  { client, settings }: S3Bucket,
  upload: Upload,
  number: number,
  bytes: Buffer,
  signal: AbortSignal,
): Promise<CompletedPart> {
  signal.throwIfAborted();
  const checksum = settings.isCompat ? {} : { ChecksumSHA256: hash('sha256', bytes, 'base64') };
  const command = new UploadPartCommand({
    ...upload,
    ...checksum,
    PartNumber: number,
    Body: bytes,
    ContentLength: bytes.length,
  });
  const { ETag } = await onStore(client.send(command, { abortSignal: signal }), signal);
  if (ETag === undefined) throw storeFailure(new Error('a part has no entity tag'));
  return { ...checksum, PartNumber: number, ETag };
}

async function complete(
  { client }: S3Bucket,
  upload: Upload,
  { first }: Writing,
  parts: CompletedPart[],
): Promise<void> {
  const command = new CompleteMultipartUploadCommand({
    ...upload,
    ...first?.condition,
    MultipartUpload: { Parts: parts },
  });
  try {
    // Not to be stopped: whether it was carried out would be anybody's guess.
    await client.send(command);
  } catch (error) {
    if (!first) throw storeFailure(error);
    await first.settle(error);
  }
}
