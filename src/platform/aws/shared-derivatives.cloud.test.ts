import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { credentials, REGION } from '../../../test/cloud/servers/credentials.ts';
import { describeOn, sharedServer } from '../../../test/cloud/shared-servers.ts';
import {
  bytesOf,
  type CacheOpening,
  derivativeCacheContract,
  factsOf,
  keyOf,
} from '../../delivery/derivative-cache.contract.ts';
import { createFakeClock } from '../../images/clock.contract.ts';
import { openSharedDerivatives } from './open-shared-derivatives.ts';
import { createS3Objects } from './s3-objects.ts';
import { openTestBucket, type TestBucket } from './testing/test-bucket.ts';

const identity = { region: REGION, credentials };
const owner = { tenantId: 'ours', imageId: 'image-1' };

async function openMachine({ clock, capacity }: CacheOpening, bucket: TestBucket) {
  const root = await mkdtemp(join(tmpdir(), 'darkroom-shared-'));
  const objects = createS3Objects({ bucket, scratch: bucket.scratch });
  const openCache = async () => {
    const folder = join(root, 'cache');
    const cache = openSharedDerivatives({ folder, clock, capacity, objects, marks: objects });
    await cache.open();
    return cache;
  };
  let cache = await openCache();
  let files = 0;
  return {
    get cache() {
      return cache;
    },
    async file(bytes: Uint8Array) {
      files += 1;
      const path = join(root, `file-${files}`);
      await writeFile(path, bytes);
      return path;
    },
    async reopen() {
      await cache.close();
      cache = await openCache();
      await cache.settled();
      return cache;
    },
    async close() {
      await cache.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

describeOn(['versitygw'], 'with a bucket', () => {
  const openBucket = async () => openTestBucket(await sharedServer('versitygw'), identity);

  derivativeCacheContract('A cache that machines share', async (opening) => {
    const bucket = await openBucket();
    const machine = await openMachine(opening, bucket);
    return {
      get cache() {
        return machine.cache;
      },
      file: machine.file,
      reopen: machine.reopen,
      async close() {
        await machine.close();
        await bucket.close();
      },
    };
  });

  it('machines ask for no more than they must', async () => {
    const bucket = await openBucket();
    const opening = { clock: createFakeClock(), capacity: 10 * 2 ** 20 };
    const [one, other] = [await openMachine(opening, bucket), await openMachine(opening, bucket)];
    const countsOf = async (work: () => Promise<unknown>) => {
      bucket.counts.reset();
      await work();
      return bucket.counts.counts();
    };
    const bytes = Buffer.from('a picture');
    const keep = async () => {
      const making = one.cache.begin(owner);
      await making.keep(keyOf(1), { path: await one.file(bytes), facts: factsOf(bytes) });
      making.end();
    };
    expect(await countsOf(() => one.cache.get(keyOf(1), owner))).toEqual({ GetObject: 1 });
    expect(await countsOf(keep)).toEqual({ PutObject: 1 });
    expect(await countsOf(() => one.cache.get(keyOf(1), owner))).toEqual({});
    const fetched = async () => expect(await bytesOf(await other.cache.get(keyOf(1), owner))).toEqual(bytes);
    expect(await countsOf(fetched)).toEqual({ GetObject: 1 });
    expect(await countsOf(fetched)).toEqual({});
    const purge = () => one.cache.purgeImage(owner);
    expect(await countsOf(purge)).toEqual({ ListObjectsV2: 1, PutObject: 1, DeleteObject: 1 });
    expect(await countsOf(purge)).toEqual({ ListObjectsV2: 1 });
    await other.cache.listen();
    expect(await other.cache.get(keyOf(1))).toBeUndefined();
    for (const house of [one, other, bucket]) await house.close();
  });
});
