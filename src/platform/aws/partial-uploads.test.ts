import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../../images/clock.contract.ts';
import { newImageId } from '../../images/keys.ts';
import type { ObjectStore } from '../../images/object-store.ts';
import { createMemoryKeyring } from '../../images/testing/memory-keyring.ts';
import { partialUploadsContract } from '../../intake/partial-uploads.contract.ts';
import { openTestPlatform, type TestPlatform } from '../embedded/testing/data-folder.ts';
import { sealObjects } from '../sealed/sealed-objects.ts';
import type { PartialUploadRows } from './partial-upload-rows.ts';
import { createPartialUploads, type SharedPartialUploads } from './partial-uploads.ts';
import { createMemoryPartialRows } from './testing/memory-partial-rows.ts';

partialUploadsContract('Uploads as objects', async (clock) => {
  const platform = await openTestPlatform(createFakeClock(), 'none');
  const { objects, close } = platform;
  const uploads = createPartialUploads({ objects, rows: createMemoryPartialRows(), clock });
  return { uploads, store: objects, close };
});

partialUploadsContract('Uploads as sealed objects', async (clock) => {
  const platform = await openTestPlatform(createFakeClock(), 'none');
  const keyring = createMemoryKeyring();
  const objects = sealObjects({ store: platform.objects, keyring, unsealed: () => 'refused' });
  const uploads = createPartialUploads({ objects, rows: createMemoryPartialRows(), clock });
  return { uploads, store: objects, close: platform.close };
});

describe('uploads on which two processes work', () => {
  let clock: ControlledClock;
  let platform: TestPlatform;
  let rows: PartialUploadRows;
  let imageId: string;
  let one: SharedPartialUploads;
  let other: SharedPartialUploads;
  beforeEach(async () => {
    clock = createFakeClock();
    platform = await openTestPlatform(createFakeClock(), 'none');
    rows = createMemoryPartialRows();
    imageId = newImageId(clock.now());
    [one, other] = [process(), process()];
  });
  afterEach(() => platform.close());

  /** Its locks are its own. */
  const process = (objects: ObjectStore = platform.objects) => createPartialUploads({ objects, rows, clock });
  const start = (uploads: SharedPartialUploads, length: number) =>
    uploads.start({ tenantId: 't', imageId, length });
  const append = (uploads: SharedPartialUploads, offset: number, bytes: string | Uint8Array) =>
    uploads.append('t', imageId, offset, body(Buffer.from(bytes)));
  const keys = async (prefix: string) => {
    const found: string[] = [];
    for await (const { key } of platform.objects.list(prefix)) found.push(key);
    return found;
  };
  const original = async () => {
    const { stream } = await platform.objects.read('raw/t/a');
    return Buffer.from(await new Response(stream).arrayBuffer());
  };

  it('go on with each other’s bytes', async () => {
    await start(one, 6);
    expect(await append(one, 0, 'abc')).toBe(3);
    expect(await other.find('t', imageId)).toMatchObject({ offset: 3 });
    expect(await append(other, 3, 'def')).toBe(6);
    await one.complete('t', imageId, 'raw/t/a');
    expect((await original()).toString()).toBe('abcdef');
    expect(await keys('unfinished/')).toEqual([]);
  });

  it('count one of two pieces at the same offset, and keep nothing of the other', async () => {
    for (let round = 0; round < 10; round += 1) {
      imageId = newImageId(clock.now());
      await start(one, 6);
      const outcomes = await Promise.allSettled([append(one, 0, 'abc'), append(other, 0, 'xyz')]);
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(await keys(`unfinished/t/${imageId}/`)).toHaveLength(1);
      await append(one, 3, 'def');
      await other.complete('t', imageId, 'raw/t/a');
      const winner = outcomes[0]?.status === 'fulfilled' ? 'abc' : 'xyz';
      expect((await original()).toString()).toBe(`${winner}def`);
    }
  });

  it('complete it once, however they meet', async () => {
    const bytes = randomBytes(3_000_000);
    await start(one, bytes.length);
    await append(one, 0, bytes);
    const answers = await Promise.all(
      [one, other, process(), process()].map((uploads) => uploads.complete('t', imageId, 'raw/t/a')),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect((await original()).equals(bytes)).toBe(true);
    expect(await keys('unfinished/')).toEqual([]);
  });

  it('take no bytes that were meant for an earlier upload to the same image', async () => {
    await start(one, 6);
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const { promise: more, resolve: go } = Promise.withResolvers<void>();
    const slow = async function* () {
      yield Buffer.from('abc');
      ask();
      await more;
    };
    const appending = one.append('t', imageId, 0, slow());
    await asked;
    await other.remove('t', imageId);
    await start(other, 6);
    go();
    await expect(appending).rejects.toMatchObject({ code: 'upload_not_found' });
    expect(await other.find('t', imageId)).toMatchObject({ offset: 0 });
    expect(await keys('unfinished/')).toEqual([]);
  });

  it('sweep what a process left that died between a piece and its row', async () => {
    await start(one, 6);
    await append(one, 0, 'abc');
    const dying: PartialUploadRows = { ...rows, replace: () => new Promise(() => {}) };
    const dead = createPartialUploads({ objects: platform.objects, rows: dying, clock });
    void append(dead, 3, 'def');
    await expect.poll(() => keys('unfinished/')).toHaveLength(2);
    await clock.advance(Date.now() - clock.now());
    expect(await one.removeOrphans(0)).toBe(0);
    await clock.advance(25 * 3_600_000);
    expect(await one.removeOrphans(0)).toBe(1);
    expect(await append(one, 3, 'xyz')).toBe(6);
    await one.complete('t', imageId, 'raw/t/a');
    expect((await original()).toString()).toBe('abcxyz');
  });

  it('do not let a sender of single bytes fill the row', async () => {
    const bytes = randomBytes(300);
    await start(one, bytes.length);
    for (let at = 0; at < bytes.length; at += 1) {
      await append(at % 2 ? one : other, at, bytes.subarray(at, at + 1));
      expect((await rows.find(imageId))?.pieces.length).toBeLessThanOrEqual(64);
    }
    expect(await keys('unfinished/')).toHaveLength((await rows.find(imageId))?.pieces.length ?? 0);
    await one.complete('t', imageId, 'raw/t/a');
    expect((await original()).equals(bytes)).toBe(true);
  });

  it('say so where bytes are lost', async () => {
    await start(one, 3);
    await append(one, 0, 'abc');
    await platform.objects.delete(await keys('unfinished/'));
    const completing = one.complete('t', imageId, 'raw/t/a');
    await expect(completing).rejects.toMatchObject({ code: 'object_damaged' });
    expect(await keys('')).toEqual([]);
  });
});

async function* body(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
