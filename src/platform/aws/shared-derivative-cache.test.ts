import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bytesOf,
  type CacheOpening,
  derivativeCacheContract,
  factsOf,
  keyOf,
} from '../../delivery/derivative-cache.contract.ts';
import { type ControlledClock, createFakeClock } from '../../images/clock.contract.ts';
import { keyNameOf } from '../../images/keyring.ts';
import type { ObjectStore } from '../../images/object-store.ts';
import { createMemoryKeyring } from '../../images/testing/memory-keyring.ts';
import { openTestPlatform, type TestPlatform } from '../embedded/testing/data-folder.ts';
import { sealObjects } from '../sealed/sealed-objects.ts';
import { openSharedDerivatives } from './open-shared-derivatives.ts';
import type { SharedDerivativeCache } from './shared-derivative-cache.ts';

const owner = { tenantId: 'ours', imageId: 'image-1' };
const MB = 2 ** 20;

/** A machine: its folder, and what it shares with others. */
async function openMachine(
  { clock, capacity }: CacheOpening,
  objects: ObjectStore,
  marks: ObjectStore = objects,
) {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-shared-'));
  const openCache = async () => {
    const cache = openSharedDerivatives({ folder: join(folder, 'cache'), clock, capacity, objects, marks });
    await cache.open();
    return cache;
  };
  let cache: SharedDerivativeCache = await openCache();
  let files = 0;
  return {
    folder,
    get cache() {
      return cache;
    },
    async file(bytes: Uint8Array) {
      files += 1;
      const path = join(folder, `file-${files}`);
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
      await rm(folder, { recursive: true, force: true });
    },
  };
}

derivativeCacheContract('A cache that machines share', async (opening) => {
  const platform = await openTestPlatform(createFakeClock(), 'none');
  const machine = await openMachine(opening, platform.objects);
  return {
    get cache() {
      return machine.cache;
    },
    file: machine.file,
    reopen: machine.reopen,
    async close() {
      await machine.close();
      await platform.close();
    },
  };
});

describe('machines that share their pictures', () => {
  let clock: ControlledClock;
  let platform: TestPlatform;
  let one: Awaited<ReturnType<typeof openMachine>>;
  let other: Awaited<ReturnType<typeof openMachine>>;
  beforeEach(async () => {
    clock = createFakeClock();
    platform = await openTestPlatform(createFakeClock(), 'none');
    [one, other] = [await machine(), await machine()];
  });
  afterEach(async () => {
    for (const house of [one, other, platform]) await house.close();
  });

  const machine = (objects: ObjectStore = platform.objects) =>
    openMachine({ clock, capacity: 10 * MB }, objects, platform.objects);
  const keep = async (at: typeof one, number: number, bytes: Uint8Array) => {
    const making = at.cache.begin(owner);
    const facts = { ...factsOf(bytes), note: 'a “still”' };
    const kept = await making.keep(keyOf(number), { path: await at.file(bytes), facts });
    making.end();
    return kept;
  };
  const shared = async (prefix = '') => {
    const keys: string[] = [];
    for await (const { key } of platform.objects.list(prefix)) keys.push(key);
    return keys;
  };
  const localFiles = async (at: typeof one) =>
    (await readdir(join(at.folder, 'cache', 'pictures'), { recursive: true })).filter((name) =>
      name.includes('-'),
    );

  it.each([1, 40_000, 1_500_000])('get %i bytes that another one made', async (size) => {
    const bytes = randomBytes(size);
    await keep(one, 1, bytes);
    const found = await other.cache.get(keyOf(1), owner);
    expect(found).toMatchObject({ ...factsOf(bytes), note: 'a “still”' });
    expect((await bytesOf(found)).equals(bytes)).toBe(true);
    // From now on it is here, and nobody is asked.
    await platform.objects.deletePrefix('derived/');
    expect((await bytesOf(await other.cache.get(keyOf(1)))).equals(bytes)).toBe(true);
  });

  it('fetch a picture once for all who ask', async () => {
    let reads = 0;
    const counting: ObjectStore = {
      ...platform.objects,
      read: (...asked) => {
        reads += 1;
        return platform.objects.read(...asked);
      },
    };
    const third = await machine(counting);
    await keep(one, 1, randomBytes(50_000));
    const found = await Promise.all(Array.from({ length: 20 }, () => third.cache.get(keyOf(1), owner)));
    for (const picture of found) expect(picture).toBeDefined();
    expect(reads).toBe(1);
    // What is nowhere is looked for once, and then made.
    for (let time = 0; time < 3; time += 1) {
      expect(await third.cache.get(keyOf(2), owner)).toBeUndefined();
    }
    expect(reads).toBe(2);
    await clock.advance(3_000);
    await third.cache.get(keyOf(2), owner);
    expect(reads).toBe(3);
    await third.close();
  });

  it('serve nothing that is damaged, and delete it', async () => {
    await keep(one, 1, randomBytes(5_000));
    const [key = ''] = await shared('derived/');
    const damage = async function* () {
      const { stream } = await platform.objects.read(key);
      const bytes = Buffer.from(await new Response(stream).arrayBuffer());
      bytes[3_000] = (bytes[3_000] ?? 0) ^ 1;
      yield bytes;
    };
    await platform.objects.put(key, damage(), { attributes: { contentType: 'image/webp' } });
    expect(await other.cache.get(keyOf(1), owner)).toBeUndefined();
    expect(await shared('derived/')).toEqual([]);
  });

  it('hear what another one has purged', async () => {
    await keep(one, 1, randomBytes(5_000));
    await other.cache.get(keyOf(1), owner);
    await other.cache.purgeImage(owner);
    expect(await shared('derived/')).toEqual([]);
    expect(await localFiles(one)).toHaveLength(1);
    await clock.advance(60_000);
    await one.cache.listen();
    expect(await localFiles(one)).toEqual([]);
    expect(await one.cache.get(keyOf(1), owner)).toBeUndefined();
  });

  it('hear at their start what was purged while they were down', async () => {
    await keep(one, 1, randomBytes(5_000));
    await one.cache.close();
    await other.cache.purgeImage(owner);
    await clock.advance(5 * 3_600_000);
    const cache = await one.reopen();
    expect(await cache.get(keyOf(1), owner)).toBeUndefined();
    expect(await localFiles(one)).toEqual([]);
  });

  it('forget everything where they were down for longer than marks are kept', async () => {
    await keep(one, 1, randomBytes(5_000));
    await one.cache.close();
    await other.cache.purgeImage(owner);
    await clock.advance(30 * 3_600_000);
    await other.cache.expire(3_600_000);
    expect(await shared('purged/')).toEqual([]);
    const cache = await one.reopen();
    expect(await cache.get(keyOf(1), owner)).toBeUndefined();
    expect(await localFiles(one)).toEqual([]);
  });

  it('let go in the bucket what is old', async () => {
    await keep(one, 1, randomBytes(5_000));
    await clock.advance(Date.now() - clock.now());
    expect(await one.cache.expire(3_600_000)).toBe(0);
    await clock.advance(2 * 3_600_000);
    expect(await one.cache.expire(3_600_000)).toBe(1);
    expect(await shared('derived/')).toEqual([]);
  });

  it('keep what they make where the bucket is away', async () => {
    const away: ObjectStore = { ...platform.objects, put: () => Promise.reject(new Error('away')) };
    const third = await machine(away);
    expect(await keep(third, 1, randomBytes(5_000))).toBeDefined();
    expect(await third.cache.get(keyOf(1), owner)).toBeDefined();
    await third.close();
  });

  it('share nothing of an image that was purged while it was made', async () => {
    const making = one.cache.begin(owner);
    const bytes = randomBytes(400_000);
    const keeping = making.keep(keyOf(1), { path: await one.file(bytes), facts: factsOf(bytes) });
    await Promise.all([keeping, one.cache.purgeImage(owner)]);
    making.end();
    expect(await shared('derived/')).toEqual([]);
  });

  it('share sealed pictures, which are of no use without the key of the image', async () => {
    const keyring = createMemoryKeyring();
    const sealed = sealObjects({ store: platform.objects, keyring, unsealed: () => 'refused' });
    const [third, fourth] = [await machine(sealed), await machine(sealed)];
    const bytes = randomBytes(5_000);
    await keep(third, 1, bytes);
    const [key = ''] = await shared('derived/');
    const { stream } = await platform.objects.read(key);
    const stored = Buffer.from(await new Response(stream).arrayBuffer());
    expect(stored.includes('contentType')).toBe(false);
    await keyring.destroy([keyNameOf(owner)]);
    expect(await fourth.cache.get(keyOf(1), owner)).toBeUndefined();
    for (const house of [third, fourth]) await house.close();
  });
});
