import { createHash, randomBytes } from 'node:crypto';
import { appendFile, copyFile, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../images/clock.contract.ts';
import { keyringContract } from '../../images/keyring.contract.ts';
import type { Keyring } from '../../images/keyring.ts';
import { keyNameOf, keyNameOfObject } from '../../images/keyring.ts';
import { objectStoreContract } from '../../images/object-store.contract.ts';
import { createMemoryKeyring } from '../../images/testing/memory-keyring.ts';
import {
  bytesBelow,
  filesBelow,
  openTestPlatform,
  type TestPlatform,
} from '../embedded/testing/data-folder.ts';
import { CHUNK_BYTES, HEADER_BYTES, plainSize, SEALED_CHUNK_BYTES, sealedSize } from './format.ts';
import { sealWhole } from './seal.ts';
import { type SealedObjects, sealObjects } from './sealed-objects.ts';
import { unsealWhole } from './unseal.ts';

const attributes = { contentType: 'application/octet-stream' };

keyringContract('Memory', async () => ({ keyring: createMemoryKeyring(), close: async () => {} }));

for (const unsealed of ['accepted', 'refused'] as const) {
  objectStoreContract(`A folder of sealed objects (others ${unsealed})`, async () => {
    const platform = await openTestPlatform(createFakeClock(), 'none');
    const folders = ['objects', 'incoming', 'scratch'].map((name) => join(platform.dataDir, name));
    const store = sealObjects({
      store: platform.objects,
      keyring: createMemoryKeyring(),
      unsealed: () => unsealed,
    });
    const used = async () => {
      let plain = 0;
      for (const folder of folders) {
        for (const path of await filesBelow(folder)) {
          const { size } = await stat(path);
          plain += plainSize(size) ?? size;
        }
      }
      return plain;
    };
    return { store, used, close: platform.close };
  });
}

describe('sealed bytes', () => {
  const key = randomBytes(32);

  it.each([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 1_234_567])(
    'of %i bytes have the size that is computed, and open',
    (size) => {
      const plain = randomBytes(size);
      const sealed = sealWhole(plain, key, 'a');
      expect(sealed).toHaveLength(sealedSize(size));
      expect(plainSize(sealed.length)).toBe(size);
      expect(unsealWhole(sealed, key, 'a').equals(plain)).toBe(true);
    },
  );

  it('are never the same twice', () => {
    const plain = Buffer.alloc(100);
    const [one, other] = [sealWhole(plain, key, 'a'), sealWhole(plain, key, 'a')];
    expect(one.subarray(HEADER_BYTES).equals(other.subarray(HEADER_BYTES))).toBe(false);
  });

  it('open under no other name and with no other key', () => {
    const sealed = sealWhole(randomBytes(10), key, 'a');
    expect(() => unsealWhole(sealed, key, 'b')).toThrow(/not what was written/);
    expect(() => unsealWhole(sealed, randomBytes(32), 'a')).toThrow(/not what was written/);
  });

  it('show each single bit that was changed', () => {
    const sealed = sealWhole(Buffer.from('twenty bytes of text'), key, 'a');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const at = bit >> 3;
      sealed[at] = (sealed[at] ?? 0) ^ (1 << (bit & 7));
      expect(() => unsealWhole(sealed, key, 'a'), `bit ${bit}`).toThrow(/not what was written/);
      sealed[at] = (sealed[at] ?? 0) ^ (1 << (bit & 7));
    }
    expect(unsealWhole(sealed, key, 'a').toString()).toBe('twenty bytes of text');
  });
});

describe('a sealed object', () => {
  const KEY = 'raw/t/a';
  const SIZE = 5 * CHUNK_BYTES;
  const plain = randomBytes(SIZE);
  let platform: TestPlatform;
  let keyring: Keyring;
  let unsealed: 'accepted' | 'refused';
  let store: SealedObjects;
  let path: string;
  let bytes: Buffer;

  beforeEach(async () => {
    platform = await openTestPlatform(createFakeClock(), 'none');
    keyring = createMemoryKeyring();
    unsealed = 'accepted';
    store = sealObjects({ store: platform.objects, keyring, unsealed: () => unsealed });
    await store.put(KEY, body(plain), { attributes });
    path = join(platform.dataDir, 'objects', KEY);
    bytes = await readFile(path);
  });
  afterEach(() => platform.close());

  const read = async (key = KEY, range?: { start: number; end: number }) => {
    const { stream } = await store.read(key, range ? { range } : {});
    return Buffer.from(await new Response(stream).arrayBuffer());
  };
  const chunk = (number: number) =>
    bytes.subarray(
      HEADER_BYTES + number * SEALED_CHUNK_BYTES,
      HEADER_BYTES + (number + 1) * SEALED_CHUNK_BYTES,
    );
  const header = () => bytes.subarray(0, HEADER_BYTES);

  it('shows nothing of its bytes on the disk', async () => {
    for (let at = 0; at < SIZE; at += 10_000) expect(bytes.includes(plain.subarray(at, at + 16))).toBe(false);
  });

  const harms: Record<string, () => Buffer> = {
    'its last chunk is cut off': () => bytes.subarray(0, bytes.length - SEALED_CHUNK_BYTES),
    'a byte is missing': () => bytes.subarray(0, bytes.length - 1),
    'a byte is added': () => Buffer.concat([bytes, Buffer.alloc(1)]),
    'a chunk is added': () => Buffer.concat([bytes, chunk(0)]),
    'two chunks change places': () =>
      Buffer.concat([header(), chunk(1), chunk(0), chunk(2), chunk(3), chunk(4)]),
    'a chunk stands twice': () => Buffer.concat([header(), chunk(0), chunk(0), chunk(2), chunk(3), chunk(4)]),
    'a bit in the middle flips': () => flipped(2 * SEALED_CHUNK_BYTES),
    'a bit of the last tag flips': () => flipped(bytes.length - 1),
    'a bit of the salt flips': () => flipped(HEADER_BYTES - 1),
    'its version is another': () => flipped(8),
    'only its header is left': () => header(),
  };
  const flipped = (at: number) => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  };
  it.each(Object.entries(harms))('is damaged where %s', async (_, harmed) => {
    await writeFile(path, harmed());
    await expect(read()).rejects.toMatchObject({ code: 'object_damaged' });
    await expect(store.withLocalFile(KEY, async () => 'used')).rejects.toMatchObject({
      code: 'object_damaged',
    });
    expect(await bytesBelow(join(platform.dataDir, 'scratch'))).toBe(0);
  });

  it('cannot be passed off as another object of the same image', async () => {
    await store.put('processed/t/a/1/x.webp', body(plain), { attributes });
    await copyFile(path, join(platform.dataDir, 'objects/processed/t/a/1/x.webp'));
    await expect(read('processed/t/a/1/x.webp')).rejects.toMatchObject({ code: 'object_damaged' });
  });

  it('is read in ranges by opening only what they touch', async () => {
    await writeFile(path, flipped(HEADER_BYTES + 4 * SEALED_CHUNK_BYTES + 5));
    const range = { start: CHUNK_BYTES - 1, end: 3 * CHUNK_BYTES };
    expect((await read(KEY, range)).equals(plain.subarray(range.start, range.end + 1))).toBe(true);
    await expect(read(KEY, { start: SIZE - 1, end: SIZE - 1 })).rejects.toMatchObject({
      code: 'object_damaged',
    });
  });

  it('that lost its end is known by its size, or does not open', async () => {
    await truncate(path, bytes.length - SEALED_CHUNK_BYTES);
    const last = { start: 4 * CHUNK_BYTES - 1, end: 4 * CHUNK_BYTES - 1 };
    await expect(read(KEY, last)).rejects.toMatchObject({ code: 'object_damaged' });
    expect((await store.head(KEY))?.size).toBe(SIZE - CHUNK_BYTES);
  });

  it('is unreadable for ever once the key of its image is destroyed', async () => {
    await keyring.destroy([keyNameOf({ tenantId: 't', imageId: 'a' })]);
    await expect(read()).rejects.toMatchObject({ code: 'key_destroyed' });
    await expect(read(KEY, { start: 0, end: 1 })).rejects.toMatchObject({ code: 'key_destroyed' });
    await expect(store.put(KEY, body(plain), { attributes })).rejects.toMatchObject({
      code: 'key_destroyed',
    });
    // Whoever deletes it needs no key.
    expect((await store.head(KEY))?.size).toBe(SIZE);
    await store.delete([KEY]);
    expect(await store.head(KEY)).toBeUndefined();
  });

  it('gives its bytes as a file that is gone afterwards', async () => {
    let where = '';
    const sha256 = await store.withLocalFile(KEY, async (file) => {
      where = file;
      return createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
    });
    expect(sha256).toBe(createHash('sha256').update(plain).digest('hex'));
    await expect(stat(where)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  describe('beside one that was stored before there was a key', () => {
    const OLD = 'raw/t/old';
    const old = Buffer.from('stored as it is, and longer than the header of what is sealed');
    beforeEach(() => platform.objects.put(OLD, body(old), { attributes }));

    it.each([
      ['as it is', old],
      ['shorter than a header', old.subarray(0, 10)],
      ['empty', old.subarray(0, 0)],
    ])('reads it %s', async (_, content) => {
      await platform.objects.put(OLD, body(content), { attributes });
      expect((await read(OLD)).equals(content)).toBe(true);
      expect(await store.head(OLD)).toMatchObject({ size: content.length });
      expect(await store.withLocalFile(OLD, (file) => readFile(file))).toEqual(content);
      if (content.length > 5) expect((await read(OLD, { start: 2, end: 5 })).toString()).toBe('ored');
      expect(await store.isSealed(OLD)).toBe(false);
      expect(await store.isSealed(KEY)).toBe(true);
    });

    it('refuses it where everything is sealed: it was slipped in', async () => {
      unsealed = 'refused';
      const refused = { code: 'object_damaged' };
      await expect(read(OLD)).rejects.toMatchObject(refused);
      await expect(read(OLD, { start: 0, end: 0 })).rejects.toMatchObject(refused);
      await expect(store.withLocalFile(OLD, async () => {})).rejects.toMatchObject(refused);
      expect((await read()).equals(plain)).toBe(true);
      await appendFile(join(platform.dataDir, 'objects', OLD), 'x');
      await rm(path);
      expect(await store.head(KEY)).toBeUndefined();
    });
  });
});

describe('the name of a key', () => {
  it('is that of the image for all of its objects', () => {
    const name = keyNameOf({ tenantId: 't', imageId: 'a' });
    expect(name).toMatch(/^[0-9a-f]{32}$/);
    for (const key of ['raw/t/a', 'processed/t/a/1/x.webp', 'processed/t/a/12/y.jpg'])
      expect(keyNameOfObject(key)).toBe(name);
    for (const key of ['raw/u/a', 'raw/t/b', 'raw/t/a/c', 'other/t/a'])
      expect(keyNameOfObject(key)).not.toBe(name);
  });
});

async function* body(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000);
}
