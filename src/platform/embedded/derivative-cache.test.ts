import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bytesOf,
  type CacheOpening,
  derivativeCacheContract,
  factsOf,
  keyOf,
} from '../../delivery/derivative-cache.contract.ts';
import type { DerivativeCache } from '../../delivery/derivative-cache.ts';
import { createFakeClock } from '../../images/clock.contract.ts';
import { type Keyring, keyNameOf } from '../../images/keyring.ts';
import { createMemoryKeyring } from '../../images/testing/memory-keyring.ts';
import {
  createDerivativeCache,
  type DerivativeCacheOptions,
  type EmbeddedDerivativeCache,
} from './derivative-cache.ts';
import { createDisk } from './disk.ts';
import { filesBelow } from './testing/data-folder.ts';

async function openFolder({ clock, capacity }: CacheOpening, more: Partial<DerivativeCacheOptions> = {}) {
  const root = await mkdtemp(join(tmpdir(), 'darkroom-cache-'));
  const folder = join(root, 'cache');
  await mkdir(folder);
  const disk = createDisk(root, 'none');
  const openCache = async (options: Partial<DerivativeCacheOptions> = {}) => {
    const cache = createDerivativeCache({ folder, disk, clock, capacity, ...more, ...options });
    await cache.open();
    return cache;
  };
  let cache: EmbeddedDerivativeCache = await openCache();
  let files = 0;
  return {
    root,
    folder,
    disk,
    get cache() {
      return cache;
    },
    async file(bytes: Uint8Array) {
      files += 1;
      const path = join(root, `file-${files}`);
      await writeFile(path, bytes);
      return path;
    },
    async reopen(options: Partial<DerivativeCacheOptions> = {}) {
      await cache.close();
      cache = await openCache(options);
      await cache.settled();
      return cache;
    },
    async close() {
      await cache.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

derivativeCacheContract('the cache in a folder', openFolder);
derivativeCacheContract('the cache in a folder, encrypted', (opening) =>
  openFolder(opening, { keyring: createMemoryKeyring() }),
);

const owner = { tenantId: 'ours', imageId: 'image-1' };
const MB = 2 ** 20;
let house: Awaited<ReturnType<typeof openFolder>>;
beforeEach(async () => {
  house = await openFolder({ clock: createFakeClock(), capacity: 100 * MB });
});
afterEach(() => house.close());

async function keep(cache: DerivativeCache, number: number, size: number): Promise<Buffer> {
  const bytes = randomBytes(size);
  const making = cache.begin(owner);
  await making.keep(keyOf(number), { path: await house.file(bytes), facts: factsOf(bytes) });
  making.end();
  return bytes;
}

async function onlyFile(): Promise<string> {
  const [path, ...others] = await filesBelow(house.folder);
  if (path === undefined || others.length > 0) throw new Error('not one file');
  return path;
}

describe('a file that is not whole', () => {
  const ways: { title: string; harm: (path: string, size: number) => Promise<unknown> }[] = [
    { title: 'is empty', harm: (path) => truncate(path, 0) },
    { title: 'was cut short', harm: (path, size) => truncate(path, Math.floor(size / 2)) },
    { title: 'has no facts behind it', harm: (path, size) => truncate(path, size) },
    { title: 'has half of its facts behind it', harm: (path, size) => truncate(path, size + 70) },
    { title: 'has more behind it', harm: (path) => appendFile(path, 'more\n') },
    { title: 'is full of zeros', harm: (path, size) => writeFile(path, Buffer.alloc(size + 250)) },
    { title: 'has one other bit', harm: (path, size) => flipBit(path, Math.floor(size / 3)) },
    { title: 'has one other bit in its facts', harm: (path, size) => flipBit(path, size + 20) },
    { title: 'is gone', harm: (path) => rm(path) },
  ];
  describe.each([40_000, 400_000])('of %i bytes', (size) => {
    it.each(ways)('is not served: it $title', async ({ harm }) => {
      await keep(house.cache, 1, size);
      await house.cache.close();
      await harm(await onlyFile(), size);
      const cache = await house.reopen();
      expect(await cache.get(keyOf(1))).toBeUndefined();
      await cache.close();
      expect(cache.stats().entries).toBe(0);
      expect(await filesBelow(house.folder)).toEqual([]);
    });
  });

  it('is not served either where it is asked for before anybody looked at it', async () => {
    await keep(house.cache, 1, 40_000);
    await house.cache.close();
    await truncate(await onlyFile(), 20_000);
    const cache = createDerivativeCache({ ...house, clock: createFakeClock(), capacity: MB });
    expect(await cache.get(keyOf(1))).toBeUndefined();
    await cache.close();
  });
});

async function flipBit(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

describe('the folder', () => {
  it('is asked only once it is there: the first request waits for it', async () => {
    const bytes = await keep(house.cache, 1, 40_000);
    await house.cache.close();
    const cache = createDerivativeCache({ ...house, clock: createFakeClock(), capacity: MB });
    expect((await bytesOf(await cache.get(keyOf(1)))).equals(bytes)).toBe(true);
    await cache.close();
  });

  it('is looked at again where it could not be', async () => {
    const folder = join(house.root, 'later');
    const cache = createDerivativeCache({ ...house, folder, clock: createFakeClock(), capacity: MB });
    await expect(cache.get(keyOf(1))).rejects.toMatchObject({ code: 'storage_unavailable' });
    await mkdir(folder);
    expect(await cache.get(keyOf(1))).toBeUndefined();
    await cache.close();
  });

  it('is rid of what is not ours, and of what does not fit any more', async () => {
    for (const number of [1, 2, 3, 4]) await keep(house.cache, number, 100_000);
    const [path = ''] = await filesBelow(house.folder);
    await writeFile(join(dirname(path), 'stranger'), 'x');
    const cache = await house.reopen({ capacity: 220_000 });
    expect(cache.stats().entries).toBe(2);
    await cache.close();
    expect(await filesBelow(house.folder)).toHaveLength(2);
  });

  it('gives room on the disk to what cannot be made again', async () => {
    for (const number of [1, 2, 3, 4]) await keep(house.cache, number, 100_000);
    let free = 10 * MB;
    const space = async () => ({ free, reserve: MB });
    const cache = await house.reopen({ disk: { ...house.disk, space } });
    free = MB - 150_000;
    await keep(cache, 5, 10_000);
    expect(cache.stats().entries).toBe(3);
    free = 0;
    await expect(keep(cache, 6, 10_000)).rejects.toMatchObject({ code: 'storage_full' });
  });
});

describe('another process', () => {
  it('may purge an image: the files are gone', async () => {
    const tool = createDerivativeCache({ ...house, clock: createFakeClock(), capacity: MB });
    await keep(house.cache, 1, 400_000);
    await keep(house.cache, 2, 400_000);
    await tool.purgeImage(owner);
    expect(await filesBelow(house.folder)).toEqual([]);
    const found = await house.cache.get(keyOf(1));
    await expect(found?.read()).rejects.toMatchObject({ code: 'object_not_found' });
    expect(await house.cache.get(keyOf(1))).toBeUndefined();
    await tool.close();
  });
});

describe('memory', () => {
  it('holds small pictures that were used lately, and no more than it may', async () => {
    const memoryCapacity = 300_000;
    const cache = await house.reopen({ memoryCapacity });
    for (const number of [1, 2, 3, 4, 5]) {
      await keep(cache, number, 90_000);
      expect(cache.stats().memoryBytes).toBeLessThanOrEqual(memoryCapacity);
    }
    const inMemory = async (number: number) => (await cache.get(keyOf(number)))?.bytes !== undefined;
    expect(cache.stats().memoryBytes).toBe(270_000);
    // 3, 4 and 5 are there; 3 is used, so that 4 makes room for 1, which is read again
    expect(await inMemory(3)).toBe(true);
    const third = await cache.get(keyOf(3));
    const fourth = await cache.get(keyOf(4));
    await cache.get(keyOf(3));
    await cache.get(keyOf(5));
    expect(await inMemory(1)).toBe(true);
    expect(fourth?.bytes).toBeUndefined();
    expect(third?.bytes).toBeDefined();
    expect(cache.stats().memoryBytes).toBe(270_000);
    await keep(cache, 6, 300_000);
    expect(cache.stats().memoryBytes).toBe(270_000);
    expect(await inMemory(6)).toBe(false);
  });
});

describe('many entries', () => {
  it('are found again, each in its place', async () => {
    const count = 3000;
    const bytes = await keep(house.cache, 0, 100);
    const path = await onlyFile();
    const [name = ''] = await readdir(dirname(path));
    const content = await readFile(path);
    for (let number = 1; number < count; number += 1) {
      await writeFile(join(dirname(path), name.replace(keyOf(0), keyOf(number))), content);
    }
    const cache = await house.reopen();
    expect(cache.stats()).toMatchObject({ entries: count, bytes: count * 4096 });
    expect((await bytesOf(await cache.get(keyOf(count - 1)))).equals(bytes)).toBe(true);
    await cache.purgeImage(owner);
    expect(cache.stats().entries).toBe(0);
  });
});

describe('an encrypted cache', () => {
  const sizes = [1_000, 600_000];
  let keyring: Keyring;
  let cache: EmbeddedDerivativeCache;
  beforeEach(async () => {
    keyring = createMemoryKeyring();
    cache = await house.reopen({ keyring });
  });

  it.each(sizes)(
    'shows nothing of a picture of %i bytes on the disk, and answers it after a restart',
    async (size) => {
      const bytes = await keep(cache, 1, size);
      for (const path of await filesBelow(house.folder)) {
        const content = await readFile(path);
        expect(content.includes(bytes.subarray(0, 16))).toBe(false);
        expect(content.includes('contentType')).toBe(false);
      }
      const again = await (await house.reopen({ keyring })).get(keyOf(1));
      if (!again) throw new Error('it is not kept');
      const whole = await new Response((await again.read()).stream).arrayBuffer();
      expect(Buffer.from(whole).equals(bytes)).toBe(true);
      const part = await new Response((await again.read({ start: 900, end: 950 })).stream).arrayBuffer();
      expect(Buffer.from(part).equals(bytes.subarray(900, 951))).toBe(true);
    },
  );

  it.each(sizes)('is of no use without the key of the image: %i bytes', async (size) => {
    await keep(cache, 1, size);
    await keyring.destroy([keyNameOf(owner)]);
    expect(await (await house.reopen({ keyring })).get(keyOf(1))).toBeUndefined();
  });

  it.each([true, false])(
    'drops what is from days when it was another: encrypted before %s',
    async (before) => {
      const one = await house.reopen(before ? { keyring } : {});
      await keep(one, 1, 1_000);
      const other = await house.reopen(before ? {} : { keyring });
      expect(await other.get(keyOf(1))).toBeUndefined();
      expect(await filesBelow(house.folder)).toEqual([]);
    },
  );
});
