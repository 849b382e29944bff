import { createHash, randomBytes } from 'node:crypto';
import { appendFile, copyFile, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../images/clock.contract.ts';
import { newImageId } from '../../images/keys.ts';
import type { Platform } from '../platform.ts';
import { openEmbedded } from './platform.ts';
import { filesBelow, newFolder, removeData, testEncryption } from './testing/data-folder.ts';

const KEY = 'raw/t/a';
const BYTES = Buffer.from('0123456789');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');

const clock = createFakeClock();
const imageId = newImageId(clock.now());
describe.each([
  { how: 'as they come', isEncrypted: false },
  { how: 'encrypted', isEncrypted: true },
])('$how:', ({ isEncrypted }) => {
  let dataDir: string;
  let platform: Platform;
  let part: string;
  let object: string;

  beforeEach(async () => {
    dataDir = await newFolder();
    part = join(dataDir, 'incoming', `${imageId}.part`);
    object = join(dataDir, 'objects', KEY);
    platform = await open();
    await platform.partialUploads.start({ tenantId: 't', imageId, length: BYTES.length });
  });
  afterEach(async () => {
    await platform.close();
    await removeData(dataDir);
  });

  const open = () =>
    openEmbedded({
      dataDir,
      clock,
      role: 'server',
      ...(isEncrypted && { encryption: testEncryption(dataDir) }),
    });
  /** what was there of the upload before it was completed */
  const saved = () => `${dataDir}/saved`;
  /** What is stored, as readers get it. */
  const objectBytes = async () => {
    const { stream } = await platform.objects.read(KEY);
    return Buffer.from(await new Response(stream).arrayBuffer());
  };

  async function restart(): Promise<void> {
    await platform.close();
    platform = await open();
  }

  const append = (offset: number, bytes: string | Uint8Array) =>
    platform.partialUploads.append(
      't',
      imageId,
      offset,
      (async function* () {
        yield Buffer.from(bytes);
      })(),
    );
  const complete = () => platform.partialUploads.complete('t', imageId, KEY);

  describe('bytes that were written and never answered', () => {
    it('are cut off before the next piece', async () => {
      await append(0, '0123');
      await appendFile(part, 'written just before the crash');
      await restart();
      expect(await platform.partialUploads.find('t', imageId)).toMatchObject({ offset: 4 });
      expect(Buffer.from(await platform.partialUploads.head('t', imageId, 64)).toString()).toBe('0123');
      await append(4, '456789');
      expect(await complete()).toEqual({ size: 10, sha256: SHA256 });
      expect((await objectBytes()).equals(BYTES)).toBe(true);
    });

    it('are cut off before the upload is completed', async () => {
      await append(0, BYTES);
      await appendFile(part, 'written just before the crash');
      await restart();
      expect(await complete()).toEqual({ size: 10, sha256: SHA256 });
      expect((await objectBytes()).equals(BYTES)).toBe(true);
    });
  });

  describe('bytes that were answered and are gone', () => {
    it('are not papered over', async () => {
      await append(0, '0123');
      const { size } = await stat(part);
      await truncate(part, size - 2);
      await expect(append(4, '4')).rejects.toMatchObject({ code: 'object_damaged' });
      await rm(part);
      await expect(append(4, '4')).rejects.toMatchObject({ code: 'object_damaged' });
      expect(await platform.partialUploads.find('t', imageId)).toMatchObject({ offset: 4 });
    });
  });

  describe('a crash while an upload is completed', () => {
    it.each<[string, () => Promise<unknown>]>([
      ['before the bytes moved', async () => Promise.all([rm(object), copyFile(saved(), part)])],
      ['after they moved', async () => {}],
      ['that left both names, as a power cut may', async () => copyFile(saved(), part)],
    ])('%s: completing again ends it', async (_, crash) => {
      await append(0, BYTES);
      await copyFile(part, saved());
      const first = await complete();
      await crash();
      await restart();
      expect(await platform.partialUploads.find('t', imageId)).toMatchObject({ offset: 10, length: 10 });
      expect(Buffer.from(await platform.partialUploads.head('t', imageId, 4)).toString()).toBe('0123');
      expect(await complete()).toEqual(first);
      expect((await objectBytes()).equals(BYTES)).toBe(true);
      await expect(stat(part)).rejects.toMatchObject({ code: 'ENOENT' });
      await platform.partialUploads.remove('t', imageId);
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
          offsets.push((await platform.partialUploads.find('t', id))?.offset ?? 0);
        }
      };
      expect(await platform.partialUploads.append('t', id, 0, body())).toBe(20_000_000);
      expect(new Set(offsets).size).toBeGreaterThan(2);
      expect(offsets).toEqual(offsets.toSorted((one, other) => one - other));
      expect(Math.max(...offsets)).toBeLessThan(20_000_000);
    });
  });
});

describe('an encrypted upload', () => {
  let dataDir: string;
  let platform: Platform;
  const id = newImageId(clock.now());
  const part = () => join(dataDir, 'incoming', `${id}.part`);
  const plain = randomBytes(300_000);
  const pieces = async function* (bytes: Buffer) {
    for (let at = 0; at < bytes.length; at += 7_001) yield bytes.subarray(at, at + 7_001);
  };
  beforeEach(async () => {
    dataDir = await newFolder();
    platform = await openEmbedded({ dataDir, clock, role: 'server', encryption: testEncryption(dataDir) });
    await platform.partialUploads.start({ tenantId: 't', imageId: id, length: plain.length });
    for (const [from, to] of [
      [0, 1],
      [1, 65_537],
      [65_537, 200_000],
    ] as const) {
      await platform.partialUploads.append('t', id, from, pieces(plain.subarray(from, to)));
    }
  });
  afterEach(async () => {
    await platform.close();
    await removeData(dataDir);
  });
  const finish = async () => {
    await platform.partialUploads.append('t', id, 200_000, pieces(plain.subarray(200_000)));
    return platform.partialUploads.complete('t', id, `raw/t/${id}`);
  };

  it('shows nothing of itself on the disk, and is whole in the end', async () => {
    const stored = await readFile(part());
    for (let at = 0; at < 200_000 - 16; at += 4_999)
      expect(stored.includes(plain.subarray(at, at + 16))).toBe(false);
    expect(await finish()).toEqual({
      size: plain.length,
      sha256: createHash('sha256').update(plain).digest('hex'),
    });
  });

  it.each([0, 20, 60, 70_000, 190_000])('is damaged where a bit at %i flips', async (at) => {
    const stored = await readFile(part());
    stored[at] = (stored[at] ?? 0) ^ 1;
    await writeFile(part(), stored);
    await expect(finish()).rejects.toMatchObject({ code: 'object_damaged' });
    expect(await platform.objects.head(`raw/t/${id}`)).toBeUndefined();
  });

  it('that was begun before there was a key goes on as it is, and ends sealed', async () => {
    const other = newImageId(clock.now());
    await platform.close();
    await removeData(dataDir);
    platform = await openEmbedded({ dataDir, clock, role: 'server' });
    await platform.partialUploads.start({ tenantId: 't', imageId: other, length: 10 });
    await platform.partialUploads.append('t', other, 0, pieces(BYTES.subarray(0, 4)));
    await platform.close();
    platform = await openEmbedded({ dataDir, clock, role: 'server', encryption: testEncryption(dataDir) });
    await platform.partialUploads.append('t', other, 4, pieces(BYTES.subarray(4)));
    expect(await platform.partialUploads.complete('t', other, `raw/t/${other}`)).toEqual({
      size: 10,
      sha256: SHA256,
    });
    expect((await readFile(join(dataDir, 'objects/raw/t', other))).includes(BYTES)).toBe(false);
  });
});
