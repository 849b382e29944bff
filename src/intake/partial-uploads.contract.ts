import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import { newImageId } from '../images/keys.ts';
import { manualStream } from '../images/object-store.contract.ts';
import type { ObjectStore } from '../images/object-store.ts';
import type { PartialUploads } from './partial-uploads.ts';

export interface PartialUploadsUnderTest {
  readonly uploads: PartialUploads;
  /** where `complete` puts the bytes */
  readonly store: ObjectStore;
  close(): Promise<void>;
}

export type OpenPartialUploads = (clock: ControlledClock) => Promise<PartialUploadsUnderTest>;

const KEY = 'raw/ours/a';

export function partialUploadsContract(name: string, open: OpenPartialUploads): void {
  describe(`${name} keeps the PartialUploads contract`, () => {
    let clock: ControlledClock;
    let opened: PartialUploadsUnderTest;
    let uploads: PartialUploads;
    let imageId: string;

    beforeEach(async () => {
      clock = createFakeClock();
      opened = await open(clock);
      uploads = opened.uploads;
      imageId = newImageId(clock.now());
    });
    afterEach(() => opened.close());

    const start = (length: number, id = imageId) => uploads.start({ tenantId: 'ours', imageId: id, length });
    const append = (offset: number, bytes: Uint8Array | string) =>
      uploads.append('ours', imageId, offset, pieces(Buffer.from(bytes)));
    const offset = async () => (await uploads.find('ours', imageId))?.offset;
    const complete = async () => {
      const stored = await uploads.complete('ours', imageId, KEY);
      return { stored, bytes: await objectBytes(opened.store, KEY) };
    };

    describe('start', () => {
      it('begins at nothing', async () => {
        const upload = { tenantId: 'ours', imageId, length: 10, offset: 0 };
        expect(await uploads.find('ours', imageId)).toBeUndefined();
        expect(await start(10)).toEqual(upload);
        expect(await uploads.find('ours', imageId)).toEqual(upload);
      });

      it('answers what is there when it is repeated', async () => {
        await start(10);
        await append(0, 'abc');
        expect(await start(10)).toMatchObject({ length: 10, offset: 3 });
        expect(await start(99)).toMatchObject({ length: 10, offset: 3 });
      });

      it("does not hand out another tenant's upload", async () => {
        await start(10);
        const starting = uploads.start({ tenantId: 'theirs', imageId, length: 10 });
        await expect(starting).rejects.toMatchObject({ code: 'upload_not_found' });
      });

      it.each(['../a', 'a/b', '', '.', 'a\u0000', 'x'.repeat(500)])('takes no id like %j', async (id) => {
        await expect(start(10, id)).rejects.toMatchObject({ code: 'upload_not_found' });
      });
    });

    describe('append', () => {
      it('adds piece after piece', async () => {
        const bytes = randomBytes(3_000_000);
        await start(bytes.length);
        const cuts = [0, 1, 65_536, 65_536, 700_000, 2_999_999, bytes.length];
        for (const [at, end] of cuts.entries()) {
          const from = cuts[at - 1] ?? 0;
          expect(await append(from, bytes.subarray(from, end))).toBe(end);
          expect(await offset()).toBe(end);
        }
        expect((await complete()).bytes.equals(bytes)).toBe(true);
      });

      it.each([1, 2, 4, 1_000])('refuses an offset of %i where 3 bytes are there', async (wrong) => {
        await start(10);
        await append(0, 'abc');
        const appending = append(wrong, 'xyz');
        await expect(appending).rejects.toMatchObject({ code: 'offset_mismatch', extra: { offset: 3 } });
        expect(await offset()).toBe(3);
      });

      it('refuses to begin again', async () => {
        await start(10);
        await append(0, 'abc');
        await expect(append(0, 'abc')).rejects.toMatchObject({ code: 'offset_mismatch' });
      });

      it('knows no upload that was not started', async () => {
        await expect(append(0, 'abc')).rejects.toMatchObject({ code: 'upload_not_found' });
        await expect(uploads.complete('ours', imageId, KEY)).rejects.toMatchObject({
          code: 'upload_not_found',
        });
        await expect(uploads.head('ours', imageId, 10)).rejects.toMatchObject({ code: 'upload_not_found' });
      });

      it('refuses more than was declared, and counts nothing of it', async () => {
        await start(10);
        await append(0, 'abc');
        const appending = append(3, 'defghijk');
        await expect(appending).rejects.toMatchObject({ code: 'file_too_large' });
        expect(await offset()).toBe(3);
        expect(await append(3, 'defghij')).toBe(10);
        await expect(append(10, 'k')).rejects.toMatchObject({ code: 'file_too_large' });
        expect(await append(10, '')).toBe(10);
        expect((await complete()).bytes.toString()).toBe('abcdefghij');
      });

      it('reads no more than it must of what is too much', async () => {
        await start(100_000);
        let given = 0;
        const endless = async function* () {
          for (;;) {
            given += 65_536;
            yield Buffer.alloc(65_536);
          }
        };
        const appending = uploads.append('ours', imageId, 0, endless());
        await expect(appending).rejects.toMatchObject({ code: 'file_too_large' });
        expect(given).toBeLessThanOrEqual(3 * 65_536);
      });

      it('keeps what came of a stream that broke', async () => {
        await start(1_000_000);
        const bytes = randomBytes(1_000_000);
        const cut = async function* () {
          yield bytes.subarray(0, 70_000);
          throw new Error('the line is cut');
        };
        await expect(uploads.append('ours', imageId, 0, cut())).rejects.toThrow('the line is cut');
        expect(await offset()).toBe(70_000);
        await append(70_000, bytes.subarray(70_000));
        expect((await complete()).bytes.equals(bytes)).toBe(true);
      });

      it('keeps what came when it is told to stop, also where the sender has gone silent', async () => {
        await start(100);
        const leaving = new AbortController();
        const { body, send } = manualStream();
        const appending = uploads.append('ours', imageId, 0, body, { signal: leaving.signal });
        await send(Buffer.from('abc'));
        leaving.abort(new Error('enough'));
        await expect(appending).rejects.toThrow('enough');
        expect(await offset()).toBe(3);
        expect(await append(3, 'def')).toBe(6);
      });

      it('keeps pieces of many uploads apart', async () => {
        const ids = Array.from({ length: 10 }, () => newImageId(clock.now()));
        await Promise.all(
          ids.map(async (id, number) => {
            await start(4, id);
            await uploads.append('ours', id, 0, pieces(Buffer.from(`${number}a`)));
            await uploads.append('ours', id, 2, pieces(Buffer.from(`${number}b`)));
          }),
        );
        for (const [number, id] of ids.entries()) {
          await uploads.complete('ours', id, `raw/ours/${id}`);
          const bytes = await objectBytes(opened.store, `raw/ours/${id}`);
          expect(bytes.toString()).toBe(`${number}a${number}b`);
        }
      });

      it('counts one of eight pieces at the same offset', async () => {
        for (let round = 0; round < 10; round += 1) {
          imageId = newImageId(clock.now());
          const [first, second] = [randomBytes(40_000), randomBytes(30_000)];
          await start(70_000);
          for (const [at, bytes] of [
            [0, first],
            [40_000, second],
          ] as const) {
            const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => append(at, bytes)));
            expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
            for (const outcome of outcomes) {
              if (outcome.status === 'rejected')
                expect(outcome.reason).toMatchObject({ code: 'offset_mismatch' });
            }
          }
          expect((await complete()).bytes.equals(Buffer.concat([first, second]))).toBe(true);
        }
      });

      it('lets a late repetition of a piece that was cut change nothing', async () => {
        await start(6);
        const { body, send, finish } = manualStream();
        const slow = uploads.append('ours', imageId, 0, body);
        await send(Buffer.from('abc'));
        const repeated = append(0, 'xyz');
        finish();
        expect(await slow).toBe(3);
        await expect(repeated).rejects.toMatchObject({ code: 'offset_mismatch' });
        await append(3, 'def');
        expect((await complete()).bytes.toString()).toBe('abcdef');
      });
    });

    describe('checksums', () => {
      const withChecksum = (algorithm: 'sha1' | 'sha256' | 'md5', of: string, sent: string) =>
        uploads.append('ours', imageId, 0, pieces(Buffer.from(sent)), {
          checksum: { algorithm, digest: createHash(algorithm).update(of).digest() },
        });

      it.each(['sha1', 'sha256', 'md5'] as const)('by %s count a piece that is right', async (algorithm) => {
        await start(10);
        expect(await withChecksum(algorithm, 'abc', 'abc')).toBe(3);
      });

      it.each(['sha1', 'sha256', 'md5'] as const)(
        'by %s count nothing of one that is not',
        async (algorithm) => {
          await start(10);
          await expect(withChecksum(algorithm, 'abc', 'abd')).rejects.toMatchObject({
            code: 'checksum_mismatch',
          });
          expect(await offset()).toBe(0);
          await append(0, 'xyzxyzxyzx');
          expect((await complete()).bytes.toString()).toBe('xyzxyzxyzx');
        },
      );

      it('of the wrong length match nothing', async () => {
        await start(10);
        const checksum = { algorithm: 'sha1', digest: new Uint8Array() } as const;
        const appending = uploads.append('ours', imageId, 0, pieces(Buffer.from('abc')), { checksum });
        await expect(appending).rejects.toMatchObject({ code: 'checksum_mismatch' });
      });

      it('count nothing of a piece that was cut', async () => {
        await start(10);
        await append(0, 'ab');
        const cut = async function* () {
          yield Buffer.from('cd');
          throw new Error('the line is cut');
        };
        const checksum = { algorithm: 'sha1', digest: createHash('sha1').update('cd').digest() } as const;
        await expect(uploads.append('ours', imageId, 2, cut(), { checksum })).rejects.toThrow(
          'the line is cut',
        );
        expect(await offset()).toBe(2);
        await append(2, 'xy');
        expect(Buffer.from(await uploads.head('ours', imageId, 10)).toString()).toBe('abxy');
      });
    });

    describe('head', () => {
      it('gives the first bytes, as far as they are there', async () => {
        await start(10);
        expect(await uploads.head('ours', imageId, 4)).toHaveLength(0);
        await append(0, 'abcdef');
        expect(Buffer.from(await uploads.head('ours', imageId, 4)).toString()).toBe('abcd');
        expect(Buffer.from(await uploads.head('ours', imageId, 64)).toString()).toBe('abcdef');
      });

      it('gives them also after they have moved', async () => {
        await start(3);
        await append(0, 'abc');
        await complete();
        expect(Buffer.from(await uploads.head('ours', imageId, 64)).toString()).toBe('abc');
      });
    });

    describe('complete', () => {
      it.each([0, 1, 1_500_000])('moves %i bytes to their key and says what they are', async (size) => {
        const bytes = randomBytes(size);
        await start(size);
        if (size > 0) await append(0, bytes);
        const completed = await complete();
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        expect(completed.stored).toEqual({ size, sha256 });
        expect(completed.bytes.equals(bytes)).toBe(true);
      });

      it('wants all bytes', async () => {
        await start(10);
        await append(0, 'abc');
        await expect(complete()).rejects.toMatchObject({ code: 'length_mismatch' });
        expect(await opened.store.head(KEY)).toBeUndefined();
        await append(3, 'defghij');
        expect((await complete()).bytes.toString()).toBe('abcdefghij');
      });

      it('can be repeated, also by many at once', async () => {
        await start(3);
        await append(0, 'abc');
        const answers = await Promise.all(Array.from({ length: 32 }, complete));
        const [first] = answers;
        for (const answer of answers) expect(answer).toEqual(first);
        expect(await complete()).toEqual(first);
        expect(await offset()).toBe(3);
      });

      it('takes no more bytes afterwards', async () => {
        await start(3);
        await append(0, 'abc');
        await complete();
        await expect(append(3, 'd')).rejects.toMatchObject({ code: 'file_too_large' });
        await expect(append(0, 'abc')).rejects.toMatchObject({ code: 'offset_mismatch' });
        expect((await complete()).bytes.toString()).toBe('abc');
      });

      it('finds nothing where the object was deleted since', async () => {
        await start(3);
        await append(0, 'abc');
        await complete();
        await opened.store.delete([KEY]);
        await expect(uploads.complete('ours', imageId, KEY)).rejects.toMatchObject({
          code: 'upload_not_found',
        });
      });
    });

    describe('remove', () => {
      it('forgets an upload and its bytes', async () => {
        await start(10);
        await append(0, 'abc');
        await uploads.remove('ours', imageId);
        await uploads.remove('ours', imageId);
        expect(await uploads.find('ours', imageId)).toBeUndefined();
        expect(await start(5)).toMatchObject({ length: 5, offset: 0 });
        await append(0, 'vwxyz');
        expect((await complete()).bytes.toString()).toBe('vwxyz');
      });

      it('leaves the object that was completed', async () => {
        await start(3);
        await append(0, 'abc');
        await complete();
        await uploads.remove('ours', imageId);
        expect((await objectBytes(opened.store, KEY)).toString()).toBe('abc');
      });

      it('does not wait for a sender, whose bytes then count for nothing', async () => {
        await start(10);
        const { body, send, finish } = manualStream();
        const appending = uploads.append('ours', imageId, 0, body);
        await send(Buffer.from('abc'));
        await uploads.remove('ours', imageId);
        finish();
        await expect(appending).rejects.toMatchObject({ code: 'upload_not_found' });
        expect(await uploads.find('ours', imageId)).toBeUndefined();
      });
    });

    describe('another tenant', () => {
      it('has nothing under this id', async () => {
        await start(3);
        await append(0, 'ab');
        const none = { code: 'upload_not_found' };
        expect(await uploads.find('theirs', imageId)).toBeUndefined();
        const adding = uploads.append('theirs', imageId, 2, pieces(Buffer.from('x')));
        await expect(adding).rejects.toMatchObject(none);
        await expect(uploads.head('theirs', imageId, 2)).rejects.toMatchObject(none);
        await uploads.remove('theirs', imageId);
        await append(2, 'c');
        await expect(uploads.complete('theirs', imageId, KEY)).rejects.toMatchObject(none);
        expect((await complete()).bytes.toString()).toBe('abc');
      });
    });

    describe('abandoned', () => {
      it('finds uploads to which nothing was added since', async () => {
        const [idle, busy] = [imageId, newImageId(clock.now())];
        await start(10, idle);
        await start(10, busy);
        await clock.advance(1_000);
        await uploads.append('ours', busy, 0, pieces(Buffer.from('abc')));
        expect(await uploads.abandoned(clock.now() - 1_000)).toEqual([]);
        expect(await uploads.abandoned(clock.now())).toMatchObject([{ imageId: idle, offset: 0 }]);
        await clock.advance(1);
        const found = await uploads.abandoned(clock.now());
        expect(found.map(({ imageId: id }) => id)).toEqual([idle, busy]);
      });
    });
  });
}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

async function objectBytes(store: ObjectStore, key: string): Promise<Buffer> {
  const { stream } = await store.read(key);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
