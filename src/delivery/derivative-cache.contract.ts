import { createHash, randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import type { ByteSpan, Derivative, DerivativeFacts } from './derivative.ts';
import type { DerivativeCache, DerivativeOwner } from './derivative-cache.ts';

export interface DerivativeCacheUnderTest {
  readonly cache: DerivativeCache;
  /** Writes a file that the cache may take over. */
  file(bytes: Uint8Array): Promise<string>;
  /** Closes the cache and opens what it left, after what is read in the background was read. */
  reopen(): Promise<DerivativeCache>;
  close(): Promise<void>;
}

export interface CacheOpening {
  readonly clock: ControlledClock;
  /** bytes */
  readonly capacity: number;
}

const MB = 2 ** 20;
const HOUR = 3_600_000;
const owner: DerivativeOwner = { tenantId: 'ours', imageId: 'image-1' };

export function derivativeCacheContract(
  name: string,
  open: (opening: CacheOpening) => Promise<DerivativeCacheUnderTest>,
): void {
  describe(`${name} keeps the DerivativeCache contract`, () => {
    const clock = createFakeClock();
    let opened: DerivativeCacheUnderTest;
    let cache: DerivativeCache;
    const start = async (capacity: number) => {
      opened = await open({ clock, capacity });
      cache = opened.cache;
    };
    beforeEach(() => start(100 * MB));
    afterEach(() => opened.close());

    const keep = async (key: string, bytes: Uint8Array, differences: Keeping = {}) => {
      const { of = owner, ...facts } = differences;
      const making = cache.begin(of);
      const path = await opened.file(bytes);
      const kept = await making.keep(key, { path, facts: { ...factsOf(bytes), ...facts } });
      making.end();
      return { path, kept };
    };
    const has = async (...keys: string[]) => {
      const found = await Promise.all(keys.map((key) => cache.get(key)));
      return found.map((one) => one !== undefined);
    };

    describe('get', () => {
      it.each([1, 4096, 65_536, 262_144, 262_145, 1_500_000])('gives back %i bytes as kept', async (size) => {
        const bytes = randomBytes(size);
        const { kept } = await keep(keyOf(1), bytes, { note: 'a “still” of its first frame' });
        for (const found of [kept, await cache.get(keyOf(1))]) {
          expect(found).toMatchObject({ ...factsOf(bytes), note: 'a “still” of its first frame' });
          expect((await bytesOf(found)).equals(bytes)).toBe(true);
          if (found?.bytes) expect(Buffer.compare(found.bytes, bytes)).toBe(0);
        }
      });

      it('says no more than was said', async () => {
        await keep(keyOf(1), randomBytes(10));
        expect(await cache.get(keyOf(1))).not.toHaveProperty('note');
      });

      it('finds nothing under another key', async () => {
        await keep(keyOf(1), randomBytes(10));
        expect(await cache.get(keyOf(2))).toBeUndefined();
      });

      it.each([100_000, 1_000_000])('gives any piece of %i bytes', async (size) => {
        const bytes = randomBytes(size);
        await keep(keyOf(1), bytes);
        const found = await cache.get(keyOf(1));
        const last = size - 1;
        const ranges: [number, number][] = [[0, 0], [last, last], [0, last], [65_530, 90_001]]; // biome-ignore format: a table
        for (const [start, end] of ranges) {
          expect((await bytesOf(found, { start, end })).equals(bytes.subarray(start, end + 1))).toBe(true);
        }
        const outside: [number, number][] = [[0, size], [size, size], [-1, 3], [5, 4]]; // biome-ignore format: a table
        for (const [start, end] of outside) {
          await expect(found?.read({ start, end })).rejects.toMatchObject({ code: 'range_not_satisfiable' });
        }
      });

      it('lets a reader leave in the middle', async () => {
        const bytes = randomBytes(3_000_000);
        await keep(keyOf(1), bytes);
        for (let time = 0; time < 20; time += 1) {
          const body = await (await cache.get(keyOf(1)))?.read();
          const reader = body?.stream.getReader();
          const first = await reader?.read();
          expect(first?.value?.length).toBeGreaterThan(0);
          await reader?.cancel();
        }
        expect(await has(keyOf(1))).toEqual([true]);
      });
    });

    describe('keep', () => {
      it('takes the file over', async () => {
        const { path } = await keep(keyOf(1), randomBytes(10));
        await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
      });

      it('replaces what was there', async () => {
        await keep(keyOf(1), randomBytes(50_000));
        const before = cache.stats();
        const bytes = randomBytes(50_000);
        await keep(keyOf(1), bytes);
        expect((await bytesOf(await cache.get(keyOf(1)))).equals(bytes)).toBe(true);
        expect(cache.stats()).toEqual(before);
        cache = await opened.reopen();
        expect((await bytesOf(await cache.get(keyOf(1)))).equals(bytes)).toBe(true);
      });

      it.each([
        ['nothing', ''],
        ['too little', 'ab'],
        ['a way out', `../../${'a'.repeat(58)}`],
        ['capital letters', 'A'.repeat(64)],
        ['more than a key', `${'a'.repeat(64)}/x`],
      ])('refuses %s for a key, and finds nothing under it', async (_, key) => {
        await expect(keep(key, randomBytes(10))).rejects.toThrow();
        expect(await cache.get(key)).toBeUndefined();
        expect(cache.stats().entries).toBe(0);
      });

      it('refuses a file of another length than was said', async () => {
        await expect(keep(keyOf(1), randomBytes(10), { size: 11 })).rejects.toMatchObject({
          code: 'object_damaged',
        });
      });
    });

    describe('its bound', () => {
      const size = 100_000;
      beforeEach(async () => {
        await opened.close();
        await start(5 * 106_496);
      });

      it('lets the least recently used go', async () => {
        for (const number of [1, 2, 3, 4, 5]) await keep(keyOf(number), randomBytes(size));
        expect(cache.stats().entries).toBe(5);
        await cache.get(keyOf(1));
        await cache.get(keyOf(3));
        await keep(keyOf(6), randomBytes(size));
        await keep(keyOf(7), randomBytes(size));
        expect(await has(...[1, 2, 3, 4, 5, 6, 7].map(keyOf))).toEqual(
          [true, false, true, false, true, true, true], // biome-ignore format: a table
        );
      });

      it('knows after a restart what was used last', async () => {
        for (const number of [1, 2, 3, 4, 5]) {
          await keep(keyOf(number), randomBytes(size));
          await clock.advance(HOUR);
        }
        for (const number of [4, 2]) {
          await cache.get(keyOf(number));
          await clock.advance(HOUR);
        }
        cache = await opened.reopen();
        for (const number of [6, 7, 8]) await keep(keyOf(number), randomBytes(size));
        expect(await has(...[1, 2, 3, 4, 5, 6, 7, 8].map(keyOf))).toEqual(
          [false, true, false, true, false, true, true, true], // biome-ignore format: a table
        );
      });

      it('is never passed', async () => {
        for (let number = 0; number < 40; number += 1) {
          await keep(keyOf(number), randomBytes(1 + ((number * 37_777) % 200_000)));
          expect(cache.stats().bytes).toBeLessThanOrEqual(5 * 106_496);
        }
      });

      it('refuses what is larger than all of it, and leaves the file alone', async () => {
        await keep(keyOf(1), randomBytes(10));
        const bytes = randomBytes(6 * size);
        const path = await opened.file(bytes);
        const keeping = cache.begin(owner).keep(keyOf(2), { path, facts: factsOf(bytes) });
        await expect(keeping).rejects.toMatchObject({ code: 'storage_full' });
        expect((await stat(path)).size).toBe(bytes.length);
        expect(await has(keyOf(1))).toEqual([true]);
      });
    });

    describe('from one start to the next', () => {
      it('keeps what is there', async () => {
        const sizes = [3, 5000, 300_000];
        const pictures = sizes.map((size) => randomBytes(size));
        for (const [number, bytes] of pictures.entries()) await keep(keyOf(number), bytes, { note: 'x' });
        const before = cache.stats();
        cache = await opened.reopen();
        for (const [number, bytes] of pictures.entries()) {
          const found = await cache.get(keyOf(number));
          expect(found).toMatchObject({ ...factsOf(bytes), note: 'x' });
          expect((await bytesOf(found)).equals(bytes)).toBe(true);
        }
        expect({ ...cache.stats(), memoryBytes: 0 }).toEqual({ ...before, memoryBytes: 0 });
      });

      it('answers all who ask at once', async () => {
        const bytes = randomBytes(20_000);
        await keep(keyOf(1), bytes);
        cache = await opened.reopen();
        const found = await Promise.all(Array.from({ length: 50 }, () => cache.get(keyOf(1))));
        for (const one of found) expect((await bytesOf(one)).equals(bytes)).toBe(true);
      });
    });

    describe('purgeImage', () => {
      const others: DerivativeOwner[] = [
        { tenantId: 'ours', imageId: 'image-2' },
        { tenantId: 'theirs', imageId: 'image-1' },
      ];

      it('forgets everything of the image, and nothing else', async () => {
        for (const number of [1, 2, 3]) await keep(keyOf(number), randomBytes(number * 150_000));
        for (const [index, of] of others.entries()) await keep(keyOf(10 + index), randomBytes(9), { of });
        await cache.purgeImage(owner);
        expect(await has(...[1, 2, 3, 10, 11].map(keyOf))).toEqual([false, false, false, true, true]);
        expect(cache.stats().entries).toBe(2);
        cache = await opened.reopen();
        expect(await has(...[1, 2, 3, 10, 11].map(keyOf))).toEqual([false, false, false, true, true]);
      });

      it.each([10_000, 500_000])('takes %i bytes from who holds them', async (size) => {
        const { kept } = await keep(keyOf(1), randomBytes(size));
        await cache.purgeImage(owner);
        expect(kept?.bytes).toBeUndefined();
        await expect(kept?.read()).rejects.toMatchObject({ code: 'object_not_found' });
        await expect(kept?.read({ start: 0, end: 5 })).rejects.toMatchObject({ code: 'object_not_found' });
      });

      it('is heard by whoever was making something of it', async () => {
        const bytes = randomBytes(10);
        const [early, ofOther] = [cache.begin(owner), cache.begin({ ...owner, imageId: 'image-2' })];
        await cache.purgeImage(owner);
        const late = cache.begin(owner);
        const [one, two, three] = [
          await opened.file(bytes),
          await opened.file(bytes),
          await opened.file(bytes),
        ];
        const facts = factsOf(bytes);
        expect(await early.keep(keyOf(1), { path: one, facts })).toBeUndefined();
        expect(await ofOther.keep(keyOf(2), { path: two, facts })).toMatchObject(facts);
        expect(await late.keep(keyOf(3), { path: three, facts })).toMatchObject(facts);
        for (const making of [early, ofOther, late]) making.end();
        expect(await has(keyOf(1), keyOf(2), keyOf(3))).toEqual([false, true, true]);
      });

      it('leaves nothing, however it meets with what is being kept', async () => {
        const rounds = Array.from({ length: 60 }, (_, number) => number);
        for (const round of rounds) {
          const making = cache.begin(owner);
          const bytes = randomBytes(round % 2 ? 1000 : 300_000);
          const path = await opened.file(bytes);
          const keeping = making.keep(keyOf(round), { path, facts: factsOf(bytes) });
          const turns = round % 12;
          for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
          const [kept] = await Promise.all([keeping, cache.purgeImage(owner)]);
          if (turns === 0) expect(kept).toBeUndefined();
          expect(kept?.bytes).toBeUndefined();
          making.end();
        }
        expect(cache.stats()).toEqual({ entries: 0, bytes: 0, memoryBytes: 0 });
        cache = await opened.reopen();
        expect(cache.stats().entries).toBe(0);
      });

      it('has nothing to do for an image of which nothing is kept', async () => {
        await keep(keyOf(1), randomBytes(10), { of: { ...owner, imageId: 'image-2' } });
        await cache.purgeImage(owner);
        await cache.purgeImage(owner);
        expect(await has(keyOf(1))).toEqual([true]);
      });
    });
  });
}

interface Keeping extends Partial<DerivativeFacts> {
  readonly of?: DerivativeOwner;
}

export function keyOf(number: number): string {
  return createHash('sha256').update(`${number}`).digest('hex');
}

export function factsOf(bytes: Uint8Array): DerivativeFacts {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { size: bytes.length, sha256, contentType: 'image/webp', width: 640, height: 480 };
}

export async function bytesOf(derivative: Derivative | undefined, range?: ByteSpan): Promise<Buffer> {
  if (!derivative) throw new Error('there is no such derivative');
  const { size, stream } = await derivative.read(range);
  expect(size).toBe(derivative.size);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
