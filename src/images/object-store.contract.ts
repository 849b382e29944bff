import { createHash, randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectStore, PutOptions } from './object-store.ts';

export interface ObjectStoreUnderTest {
  readonly store: ObjectStore;
  /** bytes of everything stored or begun, visible or not: to see that nothing is left behind */
  used(): Promise<number>;
  close(): Promise<void>;
}

const attributes = { contentType: 'application/octet-stream' };
const SIZES = [0, 1, 65_535, 65_536, 1_000_003, 5_000_000];

const NASTY_KEYS: readonly [string, string][] = [
  ['', 'nothing'],
  ['/', 'a slash'],
  ['/etc/passwd', 'a path from the root'],
  ['a/', 'a slash at the end'],
  ['a//b', 'an empty segment'],
  ['.', 'this folder'],
  ['..', 'the folder above'],
  ['../a', 'out of it'],
  ['a/../../b', 'out of it by a detour'],
  ['a/./b', 'a detour'],
  ['a\\..\\b', 'backslashes'],
  ['a\u0000b', 'a NUL'],
  ['a b', 'a space'],
  ['a\nb', 'a line break'],
  ['a%2e%2e', 'per cent'],
  ['\u202Egpj', 'a right-to-left mark'],
  ['\u{1F4F7}', 'a picture'],
  ['~', 'a home'],
  ['a'.repeat(1_025), 'too many characters'],
];

/** @param options.racesBecause why of several who put at once with ifAbsent more than one may win there */
export function objectStoreContract(
  name: string,
  open: () => Promise<ObjectStoreUnderTest>,
  { racesBecause }: { racesBecause?: string } = {},
): void {
  describe(`${name} keeps the ObjectStore contract`, () => {
    let opened: ObjectStoreUnderTest;
    let store: ObjectStore;

    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    const put = (key: string, bytes: Uint8Array | string, options: Partial<PutOptions> = {}) =>
      store.put(key, inPieces(Buffer.from(bytes)), { attributes, ...options });
    const bytesOf = async (key: string, range?: { start: number; end: number }): Promise<Buffer> => {
      const { stream } = await store.read(key, range === undefined ? {} : { range });
      return collect(stream);
    };
    const sizeSaid = async (key: string, range: { start: number; end: number }): Promise<number> => {
      const { size, stream } = await store.read(key, { range });
      await stream.cancel();
      return size;
    };
    const keys = async (prefix = ''): Promise<string[]> => {
      const found: string[] = [];
      for await (const { key } of store.list(prefix)) found.push(key);
      return found.toSorted();
    };
    const scratchFile = async (bytes: string) => {
      const scratch = await store.scratch();
      const path = join(scratch.path, 'file');
      await writeFile(path, bytes);
      return { path, release: scratch.release };
    };

    describe('put', () => {
      it.each(SIZES)('keeps %i bytes, and says what they are', async (size) => {
        const bytes = randomBytes(size);
        const stored = await put('raw/t/a', bytes);
        expect(stored).toEqual({ size, sha256: sha256(bytes) });
        expect((await bytesOf('raw/t/a')).equals(bytes)).toBe(true);
      });

      it('takes pieces of any size', async () => {
        const pieces = [0, 1, 700_000, 3, 0, 512 * 1024, 17].map((size) => randomBytes(size));
        await store.put('a', asStream(pieces), { attributes });
        expect((await bytesOf('a')).equals(Buffer.concat(pieces))).toBe(true);
      });

      it('replaces what is there', async () => {
        await put('a', 'first, and longer');
        await put('a', 'second');
        expect((await bytesOf('a')).toString()).toBe('second');
      });

      it('keeps many at once apart', async () => {
        const names = Array.from({ length: 40 }, (_, number) => `t/${number % 4}/${number}`);
        await Promise.all(names.map((key) => put(key, key.repeat(1_000))));
        for (const key of names) expect((await bytesOf(key)).toString()).toBe(key.repeat(1_000));
        expect(await keys('t/')).toEqual(names.toSorted());
      });

      it('shows nothing before the last byte', async () => {
        const { body, send, finish } = manualStream();
        const putting = store.put('raw/t/a', body, { attributes });
        await send(randomBytes(700_000));
        await send(randomBytes(700_000));
        expect(await store.head('raw/t/a')).toBeUndefined();
        expect(await keys()).toEqual([]);
        finish();
        await putting;
        expect(await keys()).toEqual(['raw/t/a']);
      });

      it.each([0, 100, 700_000])('leaves nothing of a stream that fails after %i bytes', async (after) => {
        const before = await opened.used();
        const failing = async function* () {
          if (after > 0) yield randomBytes(after);
          throw new Error('the line is cut');
        };
        const putting = store.put('raw/t/a', failing(), { attributes });
        await expect(putting).rejects.toThrow('the line is cut');
        expect(await store.head('raw/t/a')).toBeUndefined();
        expect(await opened.used()).toBe(before);
      });

      it('leaves what was there when its replacement fails', async () => {
        await put('a', 'first');
        const failing = async function* () {
          yield Buffer.from('second');
          throw new Error('the line is cut');
        };
        await expect(store.put('a', failing(), { attributes })).rejects.toThrow('the line is cut');
        expect((await bytesOf('a')).toString()).toBe('first');
      });

      it('stops when told, also where the stream has gone silent', async () => {
        const before = await opened.used();
        const leaving = new AbortController();
        const { body, send } = manualStream();
        const putting = store.put('raw/t/a', body, { attributes, signal: leaving.signal });
        await send(randomBytes(700_000));
        leaving.abort(new Error('enough'));
        await expect(putting).rejects.toThrow('enough');
        expect(await store.head('raw/t/a')).toBeUndefined();
        expect(await opened.used()).toBe(before);
      });

      it('does not begin when told before', async () => {
        const signal = AbortSignal.abort(new Error('enough'));
        await expect(put('a', 'x', { signal })).rejects.toThrow('enough');
        expect(await keys()).toEqual([]);
      });

      it('refuses to replace with ifAbsent', async () => {
        expect(await put('a', 'first', { ifAbsent: true })).toMatchObject({ size: 5 });
        const second = put('a', 'second', { ifAbsent: true });
        await expect(second).rejects.toMatchObject({ code: 'object_exists' });
        await expect(put('a', 'third', { ifAbsent: true })).rejects.toThrow(/\ba\b/);
        expect((await bytesOf('a')).toString()).toBe('first');
      });

      const but = racesBecause === undefined ? '' : ` (skipped: ${racesBecause})`;
      it.skipIf(racesBecause !== undefined)(`lets one of 32 win with ifAbsent${but}`, async () => {
        const bodies = Array.from({ length: 32 }, (_, number) => `body ${number} `.repeat(5_000));
        const outcomes = await Promise.allSettled(
          bodies.map((body) => put('raw/t/a', body, { ifAbsent: true })),
        );
        const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'object_exists' });
        }
        expect((await bytesOf('raw/t/a')).toString()).toBe(bodies[winner]);
        expect(await opened.used()).toBe(bodies[winner]?.length);
      });
    });

    describe('keys', () => {
      it.each(['a', 'A-Z_0.9', '...', '.hidden', 'a/b/c/d/e', `${'segment/'.repeat(127)}last.jpg`])(
        'may be %s',
        async (key) => {
          await put(key, 'x');
          expect((await bytesOf(key)).toString()).toBe('x');
          expect(await keys()).toEqual([key]);
          await store.delete([key]);
          expect(await keys()).toEqual([]);
        },
      );

      it.each(NASTY_KEYS)('may not be %j: %s', async (key) => {
        const refused = { code: 'invalid_request' };
        const { path, release } = await scratchFile('x');
        await expect(put(key, 'x')).rejects.toMatchObject(refused);
        await expect(store.putFiles([{ key, path, attributes }])).rejects.toMatchObject(refused);
        await expect(store.read(key)).rejects.toMatchObject(refused);
        await expect(store.head(key)).rejects.toMatchObject(refused);
        await expect(store.withLocalFile(key, async () => {})).rejects.toMatchObject(refused);
        await expect(store.delete([key])).rejects.toMatchObject(refused);
        expect(await readFile(path, 'utf8')).toBe('x');
        await release();
        expect(await keys()).toEqual([]);
      });

      it.each(['../', '/', 'a/../../', './', 'a//', 'a b/', '\u0000/'])(
        'may not begin with %j',
        async (prefix) => {
          await expect(keys(prefix)).rejects.toMatchObject({ code: 'invalid_request' });
          await expect(store.deletePrefix(prefix)).rejects.toMatchObject({ code: 'invalid_request' });
        },
      );
    });

    describe('putFiles', () => {
      it('takes files over: all are there, and their old places are empty', async () => {
        const scratch = await store.scratch();
        const names = Array.from(
          { length: 12 },
          (_, number) => `processed/t/a/${1 + (number % 2)}/v${number}.webp`,
        );
        const files = names.map((key, number) => ({
          key,
          path: join(scratch.path, `${number}`),
          attributes,
        }));
        for (const { key, path } of files) await writeFile(path, key);
        await store.putFiles(files);
        for (const { key, path } of files) {
          expect((await bytesOf(key)).toString()).toBe(key);
          await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
        }
        await scratch.release();
        expect(await keys()).toEqual(names.toSorted());
      });

      it('replaces what is there, so that a repetition is harmless', async () => {
        for (const bytes of ['first', 'second']) {
          const { path, release } = await scratchFile(bytes);
          await store.putFiles([{ key: 'a', path, attributes }]);
          await release();
          expect((await bytesOf('a')).toString()).toBe(bytes);
        }
      });

      it('takes no file when told to stop before', async () => {
        const { path, release } = await scratchFile('x');
        const signal = AbortSignal.abort(new Error('enough'));
        await expect(store.putFiles([{ key: 'a', path, attributes }], { signal })).rejects.toThrow('enough');
        expect(await keys()).toEqual([]);
        await release();
      });

      it('takes nothing at all', async () => {
        await store.putFiles([]);
        expect(await keys()).toEqual([]);
      });
    });

    describe('read', () => {
      it('names the missing key', async () => {
        const reading = store.read('raw/t/nope', { signal: AbortSignal.timeout(5_000) });
        await expect(reading).rejects.toMatchObject({ code: 'object_not_found' });
        await expect(reading).rejects.toThrow('raw/t/nope');
      });

      it('takes no folder for an object', async () => {
        await put('raw/t/a', 'x');
        await expect(store.read('raw/t')).rejects.toMatchObject({ code: 'object_not_found' });
        await expect(store.read('raw/t/a/b')).rejects.toMatchObject({ code: 'object_not_found' });
        expect(await store.head('raw')).toBeUndefined();
        expect(await store.head('raw/t/a/b')).toBeUndefined();
      });

      const last = 1_999_999;
      it.each([
        { title: 'the first byte', start: 0, end: 0 },
        { title: 'the last byte', start: last, end: last },
        { title: 'everything', start: 0, end: last },
        { title: 'a piece in the middle', start: 65_530, end: 1_300_001 },
      ])('gives $title of a range', async ({ start, end }) => {
        const bytes = randomBytes(last + 1);
        await put('a', bytes);
        expect((await bytesOf('a', { start, end })).equals(bytes.subarray(start, end + 1))).toBe(true);
        expect(await sizeSaid('a', { start, end })).toBe(last + 1);
      });

      it.each([
        { start: 0, end: 10 },
        { start: 10, end: 10 },
        { start: -1, end: 3 },
        { start: 5, end: 4 },
      ])('refuses the range $start-$end of ten bytes', async (range) => {
        await put('a', '0123456789');
        await expect(store.read('a', { range })).rejects.toMatchObject({ code: 'range_not_satisfiable' });
      });

      it('lets a reader leave in the middle', async () => {
        const bytes = randomBytes(3_000_000);
        await put('a', bytes);
        for (let time = 0; time < 50; time += 1) {
          const { stream } = await store.read('a');
          const reader = stream.getReader();
          await reader.read();
          await reader.cancel();
        }
        expect((await bytesOf('a')).equals(bytes)).toBe(true);
      });

      it('stops when told', async () => {
        await put('a', randomBytes(8_000_000));
        const leaving = new AbortController();
        const { stream } = await store.read('a', { signal: leaving.signal });
        const reader = stream.getReader();
        await reader.read();
        leaving.abort(new Error('enough'));
        const rest = async () => {
          while (!(await reader.read()).done);
        };
        await expect(rest()).rejects.toThrow('enough');
        await expect(store.read('a', { signal: leaving.signal })).rejects.toThrow('enough');
      });
    });

    describe('head', () => {
      it('tells size and time', async () => {
        const before = Date.now();
        await put('raw/t/a', '0123456789');
        const head = await store.head('raw/t/a');
        expect(head).toMatchObject({ key: 'raw/t/a', size: 10 });
        // File systems and servers round: a few seconds are the same time.
        expect(Math.abs((head?.modifiedAt ?? 0) - before)).toBeLessThan(10_000);
      });

      it('answers nothing where there is nothing', async () => {
        expect(await store.head('raw/t/a')).toBeUndefined();
      });
    });

    describe('withLocalFile', () => {
      it('gives the bytes as a file, and what was made of it', async () => {
        await put('a', 'bytes');
        const made = await store.withLocalFile('a', async (path) => `${await readFile(path, 'utf8')}!`);
        expect(made).toBe('bytes!');
        expect((await bytesOf('a')).toString()).toBe('bytes');
      });

      it('passes on what was thrown', async () => {
        await put('a', 'x');
        const using = store.withLocalFile('a', () => Promise.reject(new Error('mine')));
        await expect(using).rejects.toThrow('mine');
      });

      it('names the missing key, and asks for no file', async () => {
        let asked = false;
        const using = store.withLocalFile('nope', async () => {
          asked = true;
        });
        await expect(using).rejects.toMatchObject({ code: 'object_not_found' });
        await expect(using).rejects.toThrow('nope');
        expect(asked).toBe(false);
      });
    });

    describe('delete', () => {
      it('deletes what is named, and nothing beside it', async () => {
        for (const key of ['t/a', 't/b', 't/a.b', 'u/a']) await put(key, key);
        await store.delete(['t/a', 'u/a', 'u/never']);
        expect(await keys()).toEqual(['t/a.b', 't/b']);
        await store.delete(['t/a']);
        await store.delete([]);
        await store.delete(['t']);
        expect(await keys()).toEqual(['t/a.b', 't/b']);
      });

      it('gives the room back', async () => {
        await put('raw/t/a', randomBytes(100_000));
        await store.delete(['raw/t/a']);
        expect(await opened.used()).toBe(0);
      });

      it('does not get in the way of who puts into the same place', async () => {
        const rounds = Array.from({ length: 40 }, (_, number) => number);
        await Promise.all([
          ...rounds.map((number) => put(`t/x/${number}`, `${number}`)),
          ...rounds.map(() => store.delete(['t/x/other'])),
          ...rounds.map(() => store.deletePrefix('t/x/nothing/')),
        ]);
        expect(await keys('t/x/')).toHaveLength(rounds.length);
      });
    });

    describe('deletePrefix', () => {
      it('deletes what is below, and says what', async () => {
        const doomed = ['p/t/a/1/x', 'p/t/a/1/y', 'p/t/a/2/x'];
        for (const key of [...doomed, 'p/t/ab/1/x', 'p/t/b', 'q/t/a/1/x']) await put(key, key);
        expect((await store.deletePrefix('p/t/a/')).toSorted()).toEqual(doomed);
        expect(await keys()).toEqual(['p/t/ab/1/x', 'p/t/b', 'q/t/a/1/x']);
        expect(await store.deletePrefix('p/t/a/')).toEqual([]);
        expect(await store.deletePrefix('never/')).toEqual([]);
      });

      it('wants the whole name of a folder', async () => {
        await put('p/t/a', 'x');
        await expect(store.deletePrefix('p/t/a')).rejects.toThrow('slash');
        await expect(store.deletePrefix('')).rejects.toThrow();
        expect(await keys()).toEqual(['p/t/a']);
      });
    });

    describe('list', () => {
      const all = ['a', 'p/t/a/1/x', 'p/t/ab/1/x', 'p/u/a', 'q'];
      it.each([
        { prefix: '', found: all },
        { prefix: 'p/', found: ['p/t/a/1/x', 'p/t/ab/1/x', 'p/u/a'] },
        { prefix: 'p/t/a', found: ['p/t/a/1/x', 'p/t/ab/1/x'] },
        { prefix: 'p/t/a/', found: ['p/t/a/1/x'] },
        { prefix: 'p/u/a', found: ['p/u/a'] },
        { prefix: 'never/', found: [] },
        { prefix: 'z', found: [] },
      ])('finds what begins with "$prefix"', async ({ prefix, found }) => {
        for (const key of all) await put(key, key);
        expect(await keys(prefix)).toEqual(found);
      });

      it('tells the size of each', async () => {
        await put('t/a', 'x'.repeat(7));
        for await (const head of store.list('')) expect(head).toMatchObject({ key: 't/a', size: 7 });
      });

      it('bears that objects go while it runs', async () => {
        for (const key of all) await put(key, key);
        const seen: string[] = [];
        for await (const { key } of store.list('')) {
          seen.push(key);
          await store.delete(all);
        }
        expect(all).toEqual(expect.arrayContaining(seen));
      });
    });

    describe('scratch', () => {
      it('is a folder of its own, gone with all it holds when it is given back', async () => {
        const [one, other] = [await store.scratch(), await store.scratch()];
        expect(one.path).not.toBe(other.path);
        await writeFile(join(one.path, 'file'), 'x');
        await one.release();
        await one.release();
        await expect(stat(one.path)).rejects.toMatchObject({ code: 'ENOENT' });
        expect((await stat(other.path)).isDirectory()).toBe(true);
        await other.release();
        expect(await keys()).toEqual([]);
      });
    });

    describe('removeLeftovers', () => {
      it('leaves alone what is being worked on', async () => {
        const scratch = await store.scratch();
        const { body, send, finish } = manualStream();
        const putting = store.put('a', body, { attributes });
        await send(Buffer.from('slow'));
        await put('b', 'done');
        await store.removeLeftovers(0);
        finish();
        await putting;
        expect((await bytesOf('a')).toString()).toBe('slow');
        expect((await bytesOf('b')).toString()).toBe('done');
        expect((await stat(scratch.path)).isDirectory()).toBe(true);
        await scratch.release();
      });
    });
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** As a network gives it: in pieces of 64 KiB. */
async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

async function* asStream(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A stream whose sender is the test. `send` answers once the piece was taken and the next was asked for. */
export function manualStream() {
  const pieces: Uint8Array[] = [];
  let ended = false;
  let wake = () => {};
  let asked = () => {};
  async function* body(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece = pieces.shift();
      if (piece !== undefined) {
        yield piece;
        continue;
      }
      if (ended) return;
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      asked();
      await woken;
    }
  }
  return {
    body: body(),
    async send(piece: Uint8Array): Promise<void> {
      const taken = new Promise<void>((resolve) => {
        asked = resolve;
      });
      pieces.push(piece);
      wake();
      await taken;
    },
    finish(): void {
      ended = true;
      wake();
    },
  };
}
