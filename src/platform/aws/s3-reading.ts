import { GetObjectCommand, type GetObjectCommandOutput, HeadObjectCommand } from '@aws-sdk/client-s3';
import { Failure } from '../../failures.ts';
import type { ObjectBody, ObjectHead, ReadOptions } from '../../images/object-store.ts';
import { bucketKey, type S3Bucket } from './s3-bucket.ts';
import { isMissing, isOutsideRange, onStore, storeFailure } from './s3-failures.ts';

/** How often a body that breaks off is asked for again, from where it broke. */
const MOST_RESUMES = 3;

/** Undefined too where the bucket is missing: the answer to HEAD has no words. The health of the bucket tells that. */
export async function headObject(
  bucket: S3Bucket,
  key: string,
  signal?: AbortSignal,
): Promise<ObjectHead | undefined> {
  const command = new HeadObjectCommand({ Bucket: bucket.settings.bucket, Key: bucketKey(bucket, key) });
  try {
    const found = await bucket.client.send(command, signal ? { abortSignal: signal } : {});
    return { key, size: found.ContentLength ?? 0, modifiedAt: found.LastModified?.getTime() ?? 0 };
  } catch (error) {
    if (isMissing(error)) return undefined;
    return onStore(Promise.reject(error), signal);
  }
}

/**
 * The bytes of an object, or of a range of it. A connection that breaks is taken up again where it broke, as long as the
 * object is still the same one.
 *
 * @throws Failure `object_not_found`, `range_not_satisfiable`, `storage_unavailable`; the last also while it is read
 */
export async function readObject(bucket: S3Bucket, key: string, options: ReadOptions): Promise<ObjectBody> {
  const { range, signal } = options;
  signal?.throwIfAborted();
  if (range && (range.start < 0 || range.start > range.end)) throw await outside(bucket, key, range, signal);
  const got = await getObject(bucket, key, { ...(range && { range }), ...(signal && { signal }) });
  const size = sizeOf(got);
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (end >= size) {
    discard(got);
    throw outsideOf(range, size);
  }
  const pieces = piecesOf(bucket, key, { got, start, end, signal });
  return { size, stream: streamOf(pieces, signal) };
}

type Range = { readonly start: number; readonly end: number };

interface Getting {
  readonly range?: Range;
  /** the version that was begun */
  readonly etag?: string;
  readonly signal?: AbortSignal;
}

async function getObject(
  bucket: S3Bucket,
  key: string,
  { range, etag, signal }: Getting,
): Promise<GetObjectCommandOutput> {
  const command = new GetObjectCommand({
    Bucket: bucket.settings.bucket,
    Key: bucketKey(bucket, key),
    ...(range && { Range: `bytes=${range.start}-${range.end}` }),
    ...(etag !== undefined && { IfMatch: etag }),
  });
  try {
    return await bucket.client.send(command, signal ? { abortSignal: signal } : {});
  } catch (error) {
    if (isMissing(error)) throw objectNotFound(key);
    if (range && isOutsideRange(error)) throw await outside(bucket, key, range, signal);
    return onStore(Promise.reject(error), signal);
  }
}

/** Bytes of the whole object: behind the slash of `bytes 0-9/1234`, where a range was asked for. */
function sizeOf({ ContentRange, ContentLength = 0 }: GetObjectCommandOutput): number {
  const whole = ContentRange === undefined ? undefined : /\/(\d+)$/.exec(ContentRange)?.[1];
  return whole === undefined ? ContentLength : Number(whole);
}

interface Begun {
  readonly got: GetObjectCommandOutput;
  /** both inclusive */
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal | undefined;
}

async function* piecesOf(
  bucket: S3Bucket,
  key: string,
  { got, start, end, signal }: Begun,
): AsyncGenerator<Uint8Array> {
  let body = got;
  let at = start;
  for (let resumes = 0; ; resumes += 1) {
    try {
      for await (const piece of chunksOf(body, signal)) {
        at += piece.length;
        yield piece;
      }
      if (at > end) return;
      throw new Error(`the body of ${key} ended ${end + 1 - at} bytes too early`);
    } catch (error) {
      signal?.throwIfAborted();
      // All bytes came, and yet something was wrong: their checksum.
      if (at > end || resumes === MOST_RESUMES || got.ETag === undefined) throw storeFailure(error);
    }
    const rest = { range: { start: at, end }, etag: got.ETag, ...(signal && { signal }) };
    body = await getObject(bucket, key, rest);
  }
}

async function* chunksOf(
  { Body }: GetObjectCommandOutput,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const body = Body as NodeJS.ReadableStream & { destroy(error?: Error): void };
  // The SDK heeds its signal only until the answer begins.
  const stop = () => body.destroy(new Error('nobody wants the rest'));
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of body) yield chunk as Buffer;
  } finally {
    signal?.removeEventListener('abort', stop);
    body.destroy();
  }
}

/** The first piece is read at once: what fails at the beginning fails before anything is answered. */
function streamOf(pieces: AsyncGenerator<Uint8Array>, signal: AbortSignal | undefined) {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        signal?.throwIfAborted();
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 1 },
  );
}

function discard({ Body }: GetObjectCommandOutput): void {
  (Body as unknown as { destroy(): void }).destroy();
}

async function outside(
  bucket: S3Bucket,
  key: string,
  range: Range,
  signal: AbortSignal | undefined,
): Promise<Failure> {
  const head = await headObject(bucket, key, signal);
  return head ? outsideOf(range, head.size) : objectNotFound(key);
}

function outsideOf(range: Range | undefined, size: number): Failure {
  const asked = range ? `${range.start}-${range.end}` : 'asked for';
  return new Failure(
    'range_not_satisfiable',
    `Bytes ${asked} lie outside an object of ${size} bytes. Ask for a range inside it.`,
    { extra: { size } },
  );
}

export function objectNotFound(key: string): Failure {
  return new Failure('object_not_found', `There is no object ${key}.`);
}
