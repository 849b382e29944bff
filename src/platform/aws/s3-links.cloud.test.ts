import { createHash, randomBytes } from 'node:crypto';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { credentials, REGION } from '../../../test/cloud/servers/credentials.ts';
import { describeOn, sharedServer } from '../../../test/cloud/shared-servers.ts';
import type { StoredImage } from '../../images/image.ts';
import { objectKeys } from '../../images/keys.ts';
import { openPresigningClient } from './s3-client.ts';
import { createS3OriginalLinks, createS3UploadPlaces } from './s3-links.ts';
import { createS3Objects } from './s3-objects.ts';
import { openTestBucket, type TestBucket } from './testing/test-bucket.ts';

const identity = { region: REGION, credentials };
const bytes = randomBytes(20_000);
const sha256 = createHash('sha256').update(bytes).digest('hex');

// versitygw enforces signatures, signed headers, checksums and conditions; MiniStack and moto take forged ones.
describeOn(['versitygw'], 'links into a bucket', () => {
  let bucket: TestBucket;
  let client: ReturnType<typeof openPresigningClient>;
  beforeEach(async () => {
    bucket = await openTestBucket(await sharedServer('versitygw'), identity);
    client = openPresigningClient(bucket.settings, identity);
  });
  afterEach(async () => {
    client.destroy();
    await bucket.close();
  });

  const key = objectKeys.original('t', 'i');
  const deps = (ahead = 0) => ({
    client,
    settings: bucket.settings,
    clock: { now: () => Date.now() + ahead },
  });
  const placeFor = (declared: StoredImage['declared'], until = Date.now() + 60_000, ahead = 0) => {
    const record = { tenant_id: 't', image_id: 'i' };
    return createS3UploadPlaces(deps(ahead)).placeFor({ record, declared } as StoredImage, until);
  };
  const declared = { filename: 'café “1”.jpg', content_type: 'image/jpeg', size: bytes.length, sha256 };
  const put = ({ url, headers }: { url: string; headers: Record<string, string> }, body = bytes) =>
    fetch(url, { method: 'PUT', headers, body: new Uint8Array(body) });

  it.each<[string, NonNullable<StoredImage['declared']>]>([
    ['with a checksum', declared],
    ['without one', { filename: 'a.jpg', size: bytes.length }],
  ])('take the file that was declared %s', async (_name, wanted) => {
    const answer = await put(await placeFor(wanted));
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    const head = await bucket.client.send(
      new HeadObjectCommand({ Bucket: bucket.settings.bucket, Key: key, ChecksumMode: 'ENABLED' }),
    );
    expect(head).toMatchObject({
      ContentLength: bytes.length,
      ContentType: wanted.content_type ?? 'application/octet-stream',
      Metadata: { 'image-id': 'i', filename: encodeURIComponent(wanted.filename) },
    });
    if (wanted.sha256) expect(head.ChecksumSHA256).toBe(Buffer.from(sha256, 'hex').toString('base64'));
  });

  it('name what has to be sent along', async () => {
    const { url, headers } = await placeFor(declared);
    expect(headers).toEqual({
      'content-type': 'image/jpeg',
      'if-none-match': '*',
      'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64'),
      'x-amz-meta-filename': 'caf%C3%A9%20%E2%80%9C1%E2%80%9D.jpg',
      'x-amz-meta-image-id': 'i',
    });
    const signed = new URL(url).searchParams.get('X-Amz-SignedHeaders');
    expect(signed?.split(';')).toEqual([
      'content-length',
      'content-type',
      'host',
      'if-none-match',
      'x-amz-checksum-sha256',
      'x-amz-meta-filename',
      'x-amz-meta-image-id',
    ]);
    // The SDK's checksum of an empty body, which would spoil every upload.
    expect(url).not.toMatch(/crc32/i);
  });

  const other = Buffer.from(bytes);
  other[7] = (other[7] ?? 0) ^ 1;
  it.each<[string, (place: Awaited<ReturnType<typeof placeFor>>) => Promise<Response>]>([
    ['more bytes', (place) => put(place, Buffer.concat([bytes, bytes]))],
    ['fewer bytes', (place) => put(place, bytes.subarray(1))],
    ['other bytes of the same length', (place) => put(place, other)],
    [
      'another checksum',
      (place) =>
        put(
          {
            ...place,
            headers: {
              ...place.headers,
              'x-amz-checksum-sha256': createHash('sha256').update(other).digest('base64'),
            },
          },
          other,
        ),
    ],
    [
      'no checksum',
      ({ url, headers: { 'x-amz-checksum-sha256': _, ...headers } }) => put({ url, headers }, other),
    ],
    [
      'another type',
      (place) => put({ ...place, headers: { ...place.headers, 'content-type': 'text/html' } }),
    ],
    ['no condition', ({ url, headers: { 'if-none-match': _, ...headers } }) => put({ url, headers })],
    ['another key', (place) => put({ ...place, url: place.url.replace('/raw/t/i', '/raw/t/j') })],
    ['another method', ({ url }) => fetch(url)],
  ])('take no upload with %s', async (_name, send) => {
    const answer = await send(await placeFor(declared));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(await bucket.used()).toBe(0);
  });

  it('take the file once', async () => {
    const place = await placeFor(declared);
    expect((await put(place)).status).toBe(200);
    expect((await put(place)).status).toBe(412);
  });

  it('close when their time has come', async () => {
    const place = await placeFor(declared, Date.now() + 1_000);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect((await put(place)).status).toBe(403);
    expect(await bucket.used()).toBe(0);
  });

  it('give an original under its own name and type, and nothing to whoever alters them', async () => {
    const store = createS3Objects({ bucket, scratch: bucket.scratch });
    const body = async function* () {
      yield bytes;
    };
    await store.put(key, body(), { attributes: { contentType: 'application/octet-stream' } });
    const contentDisposition = `attachment; filename="caf_.jpg"; filename*=UTF-8''caf%C3%A9.jpg`;
    const link = await createS3OriginalLinks(deps()).linkTo({
      ...{ key, contentType: 'image/jpeg', contentDisposition },
    });
    const answer = await fetch(link);
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-disposition': contentDisposition,
      'cache-control': 'private, no-store',
    });
    const part = await fetch(link, { headers: { range: 'bytes=10-19' } });
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
    for (const altered of [
      link.replace('attachment', 'inline'),
      link.replace('image%2Fjpeg', 'text%2Fhtml'),
      link.replace('/raw/t/i', '/raw/t/j'),
    ]) {
      expect(altered).not.toBe(link);
      expect((await fetch(altered)).status).toBe(403);
    }
  });

  it('begin with the address by which senders reach the server', async () => {
    const settings = { ...bucket.settings, publicUrl: 'https://photos.example' };
    const outside = openPresigningClient(settings, identity);
    const { url } = await createS3UploadPlaces({ ...deps(), client: outside, settings }).placeFor(
      { record: { tenant_id: 't', image_id: 'i' }, declared } as StoredImage,
      Date.now() + 60_000,
    );
    expect(url).toMatch(`https://photos.example/${settings.bucket}/raw/t/i?`);
    outside.destroy();
  });
});
