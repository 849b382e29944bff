import { createHash } from 'node:crypto';
import { appendFile, copyFile, readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../images/clock.contract.ts';
import { newImageId } from '../../images/keys.ts';
import type { Platform } from '../platform.ts';
import { openEmbedded } from './platform.ts';
import { filesBelow, newFolder } from './testing/data-folder.ts';

const KEY = 'raw/t/a';
const BYTES = Buffer.from('0123456789');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');

const clock = createFakeClock();
const imageId = newImageId(clock.now());
let dataDir: string;
let platform: Platform;
let part: string;
let object: string;

beforeEach(async () => {
  dataDir = await newFolder();
  part = join(dataDir, 'incoming', `${imageId}.part`);
  object = join(dataDir, 'objects', KEY);
  platform = await openEmbedded({ dataDir, clock, role: 'server' });
  await platform.partialUploads.start({ tenantId: 't', imageId, length: BYTES.length });
});
afterEach(async () => {
  await platform.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function restart(): Promise<void> {
  await platform.close();
  platform = await openEmbedded({ dataDir, clock, role: 'server' });
}

const append = (offset: number, bytes: string | Uint8Array) =>
  platform.partialUploads.append(
    imageId,
    offset,
    (async function* () {
      yield Buffer.from(bytes);
    })(),
  );
const complete = () => platform.partialUploads.complete(imageId, KEY);

describe('bytes that were written and never answered', () => {
  it('are cut off before the next piece', async () => {
    await append(0, '0123');
    await appendFile(part, 'written just before the crash');
    await restart();
    expect(await platform.partialUploads.find(imageId)).toMatchObject({ offset: 4 });
    expect(Buffer.from(await platform.partialUploads.head(imageId, 64)).toString()).toBe('0123');
    await append(4, '456789');
    expect(await complete()).toEqual({ size: 10, sha256: SHA256 });
    expect((await readFile(object)).equals(BYTES)).toBe(true);
  });

  it('are cut off before the upload is completed', async () => {
    await append(0, BYTES);
    await appendFile(part, 'written just before the crash');
    await restart();
    expect(await complete()).toEqual({ size: 10, sha256: SHA256 });
    expect((await readFile(object)).equals(BYTES)).toBe(true);
  });
});

describe('bytes that were answered and are gone', () => {
  it('are not papered over', async () => {
    await append(0, '0123');
    await truncate(part, 2);
    await expect(append(4, '4')).rejects.toMatchObject({ code: 'object_damaged' });
    await rm(part);
    await expect(append(4, '4')).rejects.toMatchObject({ code: 'object_damaged' });
    expect(await platform.partialUploads.find(imageId)).toMatchObject({ offset: 4 });
  });
});

describe('a crash while an upload is completed', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['before the bytes moved', async () => rename(object, part)],
    ['after they moved', async () => {}],
    ['that left both names, as a power cut may', async () => copyFile(object, part)],
  ])('%s: completing again ends it', async (_, crash) => {
    await append(0, BYTES);
    const first = await complete();
    await crash();
    await restart();
    expect(await platform.partialUploads.find(imageId)).toMatchObject({ offset: 10, length: 10 });
    expect(Buffer.from(await platform.partialUploads.head(imageId, 4)).toString()).toBe('0123');
    expect(await complete()).toEqual(first);
    expect((await readFile(object)).equals(BYTES)).toBe(true);
    await expect(stat(part)).rejects.toMatchObject({ code: 'ENOENT' });
    await platform.partialUploads.remove(imageId);
    expect((await filesBelow(join(dataDir, 'incoming'))).length).toBe(0);
  });
});

describe('a long piece', () => {
  it('becomes durable bit by bit', async () => {
    const id = newImageId(clock.now());
    const megabyte = Buffer.alloc(1_000_000, 7);
    await platform.partialUploads.start({ tenantId: 't', imageId: id, length: 100_000_000 });
    const offsets: number[] = [];
    const body = async function* () {
      for (let count = 0; count < 20; count += 1) {
        yield megabyte;
        offsets.push((await platform.partialUploads.find(id))?.offset ?? 0);
      }
    };
    expect(await platform.partialUploads.append(id, 0, body())).toBe(20_000_000);
    expect(new Set(offsets).size).toBeGreaterThan(2);
    expect(offsets).toEqual(offsets.toSorted((one, other) => one - other));
    expect(Math.max(...offsets)).toBeLessThan(20_000_000);
  });
});
