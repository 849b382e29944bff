import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadObjectCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { credentials, REGION } from '../../../test/cloud/servers/credentials.ts';
import { describeOn, sharedServer } from '../../../test/cloud/shared-servers.ts';
import { openS3 } from './open-s3.ts';
import { createRequestCounts } from './request-counts.ts';
import type { S3Settings } from './s3-settings.ts';
import { openTestBucket, type TestBucket } from './testing/test-bucket.ts';

const identity = { region: REGION, credentials };
const clock = { now: () => Date.now() };
const attributes = { contentType: 'image/jpeg' };
let folder: string;
let bucket: TestBucket;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-open-s3-'));
});
afterEach(async () => {
  await bucket.close();
  await rm(folder, { recursive: true, force: true });
});

async function* body(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('x');
}

// versitygw enforces who may do what, and knows which buckets there are.
describeOn(['versitygw'], 'an opened bucket', () => {
  beforeEach(async () => {
    bucket = await openTestBucket(await sharedServer('versitygw'), identity);
  });
  const open = (differences: Partial<S3Settings> = {}, as = identity) =>
    openS3({ settings: { ...bucket.settings, ...differences }, folder, clock, identity: as });
  const faults = (opened: ReturnType<typeof openS3>) => opened.faults(AbortSignal.timeout(20_000));

  it('is ready, and counts what is asked of it', async () => {
    const counts = createRequestCounts();
    const opened = openS3({ settings: bucket.settings, folder, clock, identity, counts });
    expect(await faults(opened)).toEqual([]);
    await opened.objects.put('raw/t/a', body(), { attributes });
    expect(counts.counts()).toEqual({ HeadBucket: 1, PutObject: 1 });
    opened.close();
  });

  it('keeps apart what is no original and no result', async () => {
    const { objects, close } = open();
    const keys = ['raw/t/a', 'processed/t/a/1/x.webp', 'unfinished/t/a/b/c', 'derived/t/a/k', 'purged/1/t/a'];
    for (const key of keys) await objects.put(key, body(), { attributes });
    const listed: string[] = [];
    for await (const { key } of objects.list('')) listed.push(key);
    expect(listed.toSorted()).toEqual(['processed/t/a/1/x.webp', 'raw/t/a']);
    close();
  });

  it.each<[string, Partial<S3Settings>, typeof identity, string]>([
    ['there is no such bucket', { bucket: `none-${randomUUID()}` }, identity, 'does not exist'],
    [
      'the credentials are wrong',
      {},
      { ...identity, credentials: { ...credentials, secretAccessKey: 'a wrong one' } },
      'lets nobody in',
    ],
    ['nobody listens', { endpoint: 'http://127.0.0.1:9' }, identity, 'does not answer'],
  ])('says so where %s', async (_name, settings, as, sentence) => {
    const opened = open(settings, as);
    expect(await faults(opened)).toEqual([expect.stringContaining(sentence)]);
    const putting = opened.objects.put('raw/t/a', body(), { attributes });
    await expect(putting).rejects.toMatchObject({ code: 'storage_unavailable' });
    // HEAD alone cannot tell a missing bucket from a missing object.
    await expect(opened.objects.read('raw/t/a')).rejects.toMatchObject({ code: 'storage_unavailable' });
    opened.close();
  });

  it('warns of a bucket that keeps what was erased', async () => {
    const { client, settings } = bucket;
    const opened = open();
    expect(await opened.warnings()).toEqual([]);
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await client.send(new PutBucketVersioningCommand({ Bucket: settings.bucket, VersioningConfiguration }));
    expect(await opened.warnings()).toEqual([expect.stringContaining('versioning')]);
    opened.close();
  });
});

// moto keeps the encryption that was asked for and tells it again; no server here encrypts by it.
describeOn(['moto'], 'a bucket with a KMS key', () => {
  beforeEach(async () => {
    bucket = await openTestBucket(await sharedServer('moto'), identity);
  });

  it.each<[string, number, object]>([
    ['in one request', 1, { BucketKeyEnabled: true }],
    // moto forgets the bucket key of an upload in parts.
    ['in parts', 9 * 2 ** 20, {}],
  ])('encrypts by it what is sent %s', async (_name, size, more) => {
    const settings = { ...bucket.settings, kmsKey: 'alias/darkroom' };
    const opened = openS3({ settings, folder, clock, identity });
    const bytes = async function* () {
      for (let left = size; left > 0; left -= 2 ** 20) yield Buffer.alloc(Math.min(left, 2 ** 20));
    };
    await opened.objects.put('raw/t/a', bytes(), { attributes });
    const head = await bucket.client.send(new HeadObjectCommand({ Bucket: settings.bucket, Key: 'raw/t/a' }));
    const asked = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: expect.stringContaining('darkroom') };
    expect(head).toMatchObject({ ...asked, ...more });
    opened.close();
  });
});
