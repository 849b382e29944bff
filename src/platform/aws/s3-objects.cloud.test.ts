import { createHash, randomBytes } from 'node:crypto';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { credentials, REGION } from '../../../test/cloud/servers/credentials.ts';
import { startVersitygw } from '../../../test/cloud/servers/versitygw.ts';
import { describeOn, sharedServer } from '../../../test/cloud/shared-servers.ts';
import { objectStoreContract } from '../../images/object-store.contract.ts';
import type { ObjectStore } from '../../images/object-store.ts';
import { createMemoryKeyring } from '../../images/testing/memory-keyring.ts';
import { sealObjects } from '../sealed/sealed-objects.ts';
import { createS3Objects } from './s3-objects.ts';
import { openTestBucket, type TestBucket } from './testing/test-bucket.ts';

// versitygw enforces checksums, ranges, signatures, and conditions of one request after the other.
let url: string;
beforeAll(async () => {
  url = await sharedServer('versitygw');
});

const identity = { region: REGION, credentials };
const PART = 5 * 2 ** 20;

const onVersitygw = { racesBecause: 'versitygw looks whether a key is taken, and takes it a moment later' };

// moto and MiniStack are second opinions: they enforce conditions, also of many at once, and neither signatures nor checksums.
for (const name of ['versitygw', 'moto', 'ministack'] as const) {
  describeOn([name], `on ${name}`, () => {
    const open = async () => {
      const bucket = await openTestBucket(await sharedServer(name), identity);
      return { ...bucket, store: createS3Objects({ bucket, scratch: bucket.scratch }) };
    };
    objectStoreContract('A bucket', open, name === 'versitygw' ? onVersitygw : {});

    it('lists an object with the time that it has when it is looked at alone: repair compares the two', async () => {
      const { store, close } = await open();
      await store.put('raw/a/b', pieces(randomBytes(10)), {
        attributes: { contentType: 'image/jpeg', metadata: {} },
        ifAbsent: false,
      });
      const listed: number[] = [];
      for await (const { modifiedAt } of store.list('raw/')) listed.push(modifiedAt);
      expect(listed).toEqual([(await store.head('raw/a/b'))?.modifiedAt]);
      await close();
    });
  });
}

objectStoreContract(
  'A bucket of a server that is only nearly S3, below a prefix',
  async () => {
    const bucket = await openTestBucket(url, identity, { isCompat: true, prefix: 'a/b/' });
    return { ...bucket, store: createS3Objects({ bucket, scratch: bucket.scratch }) };
  },
  onVersitygw,
);

objectStoreContract(
  'A bucket of sealed objects',
  async () => {
    const bucket = await openTestBucket(url, identity);
    const store = createS3Objects({ bucket, scratch: bucket.scratch });
    const sealed = sealObjects({ store, keyring: createMemoryKeyring(), unsealed: () => 'refused' });
    const used = async () => {
      let bytes = 0;
      for await (const { size } of sealed.list('')) bytes += size;
      return bytes;
    };
    return { ...bucket, used, store: sealed };
  },
  onVersitygw,
);

describe('a bucket', () => {
  const attributes = { contentType: 'image/jpeg', metadata: { 'image-id': 'i', filename: 'caf%C3%A9.jpg' } };
  let bucket: TestBucket;
  let store: ObjectStore;
  beforeEach(async () => {
    bucket = await openTestBucket(url, identity);
    store = createS3Objects({ bucket, scratch: bucket.scratch, partBytes: PART, apart: ['apart/'] });
  });
  afterEach(() => bucket.close());

  const put = (key: string, bytes: Uint8Array, ifAbsent = false) =>
    store.put(key, pieces(bytes), { attributes, ifAbsent });
  const bytesOf = async (key: string) =>
    Buffer.from(await new Response((await store.read(key)).stream).arrayBuffer());
  const headOf = (key: string) =>
    bucket.client.send(
      new HeadObjectCommand({ Bucket: bucket.settings.bucket, Key: key, ChecksumMode: 'ENABLED' }),
    );
  const countsOf = async (work: () => Promise<unknown>) => {
    bucket.counts.reset();
    await work();
    return bucket.counts.counts();
  };

  describe('takes in parts what is larger than one', () => {
    it.each([PART, PART + 1, 2 * PART, 2 * PART + 1, 23_456_789])('%i bytes', async (size) => {
      const bytes = randomBytes(size);
      expect(await put('a', bytes)).toEqual({ size, sha256: sha256(bytes) });
      expect((await bytesOf('a')).equals(bytes)).toBe(true);
      expect(await bucket.used()).toBe(size);
    });

    it.each([PART + 1, 3 * PART])('and leaves nothing of %i bytes of a stream that failed', async (after) => {
      const failing = async function* () {
        yield* pieces(randomBytes(after));
        throw new Error('the line is cut');
      };
      await expect(store.put('a', failing(), { attributes })).rejects.toThrow('the line is cut');
      expect(await bucket.used()).toBe(0);
    });

    it('and leaves nothing when it is told to stop', async () => {
      const leaving = new AbortController();
      const silent = async function* () {
        yield* pieces(randomBytes(2 * PART + 1));
        leaving.abort(new Error('enough'));
        await new Promise(() => {});
      };
      const putting = store.put('a', silent(), { attributes, signal: leaving.signal });
      await expect(putting).rejects.toThrow('enough');
      expect(await bucket.used()).toBe(0);
    });

    // One after the other: of several that end at once, versitygw lets more than one win, unlike S3.
    it('and refuses to replace with ifAbsent', async () => {
      const first = randomBytes(PART + 1_000);
      await put('a', first, true);
      const second = put('a', randomBytes(PART + 2_000), true);
      await expect(second).rejects.toMatchObject({ code: 'object_exists' });
      expect((await bytesOf('a')).equals(first)).toBe(true);
      expect(await bucket.used()).toBe(first.length);
    });
  });

  it('keeps the SHA-256 of the whole, the type and what is said of an image', async () => {
    const bytes = randomBytes(10_000);
    await put('a', bytes);
    expect(await headOf('a')).toMatchObject({
      ChecksumSHA256: createHash('sha256').update(bytes).digest('base64'),
      ContentType: 'image/jpeg',
      Metadata: { 'image-id': 'i', filename: 'caf%C3%A9.jpg' },
    });
  });

  it('does not say that an object exists which it has written itself', async () => {
    // The answer to the first attempt is lost on its way, after the server has done what it was asked.
    loseFirstAnswer(bucket, 'PutObject');
    expect(await put('a', Buffer.from('first'), true)).toMatchObject({ size: 5 });
    expect((await bytesOf('a')).toString()).toBe('first');
    loseFirstAnswer(bucket, 'PutObject');
    await expect(put('a', Buffer.from('second'), true)).rejects.toMatchObject({ code: 'object_exists' });
    expect((await bytesOf('a')).toString()).toBe('first');
  });

  it('deletes 2,500 objects in batches of a thousand', async () => {
    const keys = Array.from({ length: 2_500 }, (_, number) => `p/${number}`);
    for (let at = 0; at < keys.length; at += 100) {
      await Promise.all(keys.slice(at, at + 100).map((key) => put(key, Buffer.from('x'))));
    }
    const counts = await countsOf(async () => {
      expect(await store.deletePrefix('p/')).toHaveLength(keys.length);
    });
    expect(counts).toEqual({ DeleteObjects: 3, ListObjectsV2: 3 });
    expect(await bucket.used()).toBe(0);
  });

  it('lists what is its own', async () => {
    for (const key of ['apart/a', 'raw/t/a', 'top']) await put(key, Buffer.from('x'));
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    expect(keys.toSorted()).toEqual(['raw/t/a', 'top']);
  });

  it('ends uploads in parts that a process left behind, once they are old', async () => {
    const dead = createS3Objects({ bucket, scratch: bucket.scratch, partBytes: PART });
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = async function* () {
      yield* pieces(randomBytes(2 * PART));
      resolve();
      await new Promise(() => {});
    };
    const leaving = new AbortController();
    const putting = dead.put('a', slow(), { attributes, signal: leaving.signal });
    putting.catch(() => {});
    await promise;
    await expect.poll(() => bucket.used()).toBe(PART);
    expect(await store.removeLeftovers(3_600_000)).toBe(0);
    expect(await bucket.used()).toBe(PART);
    expect(await store.removeLeftovers(-5_000)).toBe(1);
    expect(await bucket.used()).toBe(0);
    leaving.abort(new Error('over'));
    await expect(putting).rejects.toThrow('over');
  });

  it('goes on reading where a connection broke, and not where another object took the place', async () => {
    const bytes = randomBytes(3_000_000);
    await put('a', bytes);
    const first = (await store.read('a')).stream;
    breakBodies(bucket, 1);
    const { stream } = await store.read('a', { range: { start: 1_000, end: 2_900_000 } });
    const read = Buffer.from(await new Response(stream).arrayBuffer());
    expect(read.equals(bytes.subarray(1_000, 2_900_001))).toBe(true);
    await first.cancel();
    breakBodies(bucket, 1);
    const reader = (await store.read('a')).stream.getReader();
    await reader.read();
    await put('a', randomBytes(3_000_000));
    const rest = async () => {
      while (!(await reader.read()).done);
    };
    await expect(rest()).rejects.toMatchObject({ code: 'storage_unavailable' });
  });

  it('says that storage is unavailable while the server is away, and works again when it is back', async () => {
    const away = await startVersitygw();
    try {
      const other = await openTestBucket(away.url, identity);
      const there = createS3Objects({ bucket: other, scratch: other.scratch });
      await there.put('a', pieces(Buffer.from('x')), { attributes });
      await away.kill();
      const unavailable = { code: 'storage_unavailable' };
      await expect(there.put('b', pieces(Buffer.from('x')), { attributes })).rejects.toMatchObject(
        unavailable,
      );
      await expect(there.read('a')).rejects.toMatchObject(unavailable);
      await expect(there.head('a')).rejects.toMatchObject(unavailable);
      await expect(there.delete(['a', 'b'])).rejects.toMatchObject(unavailable);
      await away.restart();
      expect(await there.head('a')).toMatchObject({ size: 1 });
      await other.close();
    } finally {
      await away.stop();
    }
  });

  it.each<[string, number, (bytes: Buffer) => Promise<unknown>, Record<string, number>]>([
    ['put up to one part', 1_000_000, (bytes) => put('b', bytes), { PutObject: 1 }],
    ['put with ifAbsent', 1_000_000, (bytes) => put('b', bytes, true), { PutObject: 1 }],
    [
      'put of three parts',
      2 * PART + 1,
      (bytes) => put('b', bytes),
      { CreateMultipartUpload: 1, UploadPart: 3, CompleteMultipartUpload: 1 },
    ],
    ['read', 1, () => bytesOf('a'), { GetObject: 1 }],
    ['head', 1, () => store.head('a'), { HeadObject: 1 }],
    ['withLocalFile', 1, () => store.withLocalFile('a', async () => {}), { GetObject: 1 }],
    ['delete of one', 1, () => store.delete(['a']), { DeleteObject: 1 }],
    ['delete of many', 1, () => store.delete(['a', 'b', 'c']), { DeleteObjects: 1 }],
    ['deletePrefix of nothing', 1, () => store.deletePrefix('p/'), { ListObjectsV2: 1 }],
  ])('%s takes no more requests than it must', async (_name, size, work, expected) => {
    await put('a', Buffer.from('x'));
    const bytes = randomBytes(size);
    expect(await countsOf(() => work(bytes))).toEqual(expected);
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/** The connection of the next such request ends after the server has carried it out. */
function loseFirstAnswer({ client }: TestBucket, command: string): void {
  let isLost = false;
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const outcome = await next(args).then(
          (answer) => () => answer,
          (error: unknown) => () => {
            throw error;
          },
        );
        if (isLost || commandName !== `${command}Command`) return outcome();
        isLost = true;
        throw Object.assign(new Error('the connection was reset'), {
          code: 'ECONNRESET',
          name: 'TimeoutError',
        });
      },
    { name: `loses ${Math.random()}`, step: 'finalizeRequest', priority: 'low' },
  );
}

/** So many of the next bodies end in the middle, as connections do that a load balancer closes. */
function breakBodies({ client }: TestBucket, count: number): void {
  let left = count;
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const { output } = answer as {
        output: { Body?: NodeJS.ReadableStream & { destroy(error: Error): void } };
      };
      if (output.Body && left > 0) {
        left -= 1;
        output.Body = breaking(output.Body) as unknown as typeof output.Body;
      }
      return answer;
    },
    { name: `breaks ${Math.random()}`, step: 'initialize' },
  );
}

function breaking(body: NodeJS.ReadableStream & { destroy(error: Error): void }) {
  return {
    async *[Symbol.asyncIterator]() {
      let seen = 0;
      for await (const chunk of body) {
        seen += 1;
        if (seen > 3) throw new Error('ECONNRESET');
        yield chunk;
      }
    },
    destroy: () => body.destroy(new Error('broken')),
  };
}
