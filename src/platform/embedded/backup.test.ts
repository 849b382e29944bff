import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../images/clock.ts';
import type { StoredImage } from '../../images/image.ts';
import { objectKeys } from '../../images/keys.ts';
import { anEvent, anImage, changed } from '../../images/testing/images.ts';
import { someWork } from '../../pipeline/queue.contract.ts';
import type { Platform } from '../platform.ts';
import { backupTo } from './backup.ts';
import { openEmbedded } from './platform.ts';
import { restoreFrom } from './restore.ts';
import { filesWith, newFolder } from './testing/data-folder.ts';

const attributes = { contentType: 'image/jpeg' };

let parent: string;
let dataDir: string;
let folder: string;
let restored: string;
let platform: Platform;

beforeEach(async () => {
  parent = await newFolder();
  dataDir = join(parent, 'data');
  folder = join(parent, 'backup');
  restored = join(parent, 'restored');
  platform = await openEmbedded({ dataDir, clock: systemClock, role: 'server' });
});
afterEach(async () => {
  await platform.close();
  await rm(parent, { recursive: true, force: true });
});

/** A ready image with an original and two variants. */
async function addReady(marker = ''): Promise<StoredImage> {
  const image = anImage(Date.now(), { user_id: `user-${marker}` });
  const imageId = image.record.image_id;
  const original = await putObject(objectKeys.original('ours', imageId), marker);
  const { stored } = await platform.catalog.create(
    {
      ...image,
      record: { ...image.record, original: { ...original, filename: 'a.jpg', content_type: 'image/jpeg' } },
    },
    { events: [anEvent(image, Date.now())] },
  );
  const processing = await platform.catalog.replace(stored, changed(stored, { status: 'processing' }), []);
  return publish(processing, 1);
}

async function publish(image: StoredImage, generation: number): Promise<StoredImage> {
  const { image_id: imageId } = image.record;
  const variants = [];
  for (const name of ['small', 'large']) {
    const object = await putObject(objectKeys.variant('ours', imageId, generation, name, 'webp'));
    variants.push({ ...object, name, format: 'webp', width: 1, height: 1 } as const);
  }
  const next = { ...changed(image, { status: 'ready', variants }), generation };
  return platform.catalog.replace(image, next, []);
}

async function putObject(key: string, marker = '') {
  const bytes = Buffer.concat([Buffer.from(marker), randomBytes(20_000)]);
  const stored = await platform.objects.put(
    key,
    (async function* () {
      yield bytes;
    })(),
    { attributes },
  );
  return { key, url: `/${key}`, ...stored };
}

async function openRestored<T>(use: (platform: Platform) => Promise<T>): Promise<T> {
  const other = await openEmbedded({ dataDir: restored, clock: systemClock, role: 'server' });
  try {
    return await use(other);
  } finally {
    await other.close();
  }
}

/** Every object that a record names, as the store has it; throws where one is missing or different. */
async function checkObjects({ objects, upkeep }: Platform): Promise<number> {
  let checked = 0;
  for await (const { record } of upkeep.all()) {
    const named = [...(record.original === undefined ? [] : [record.original]), ...record.variants];
    for (const { key, sha256 } of named) {
      const { stream } = await objects.read(key);
      const bytes = Buffer.from(await new Response(stream).arrayBuffer());
      expect(createHash('sha256').update(bytes).digest('hex'), key).toBe(sha256);
      checked += 1;
    }
  }
  return checked;
}

describe('a backup', () => {
  it('of a running server restores to the same', async () => {
    const images = [await addReady(), await addReady(), await addReady()];
    await platform.queue.send(someWork('a'), { lane: 'background', dedupeId: 'a' });
    await platform.secrets.getOrCreate('key', () => 'secret');
    const progress: number[] = [];
    const report = await backupTo(dataDir, folder, {
      onProgress: ({ objects }) => void progress.push(objects),
    });
    expect(report).toMatchObject({ images: 3, objects: 9, notes: [], damaged: [] });
    expect(report.bytes).toBeGreaterThan(9 * 20_000);
    expect(progress).toEqual([3, 6, 9]);

    const answer = await restoreFrom(folder, restored);
    expect(answer).toMatchObject({ objects: 9, bytes: report.bytes });
    await openRestored(async (other) => {
      for (const image of images)
        expect(await other.catalog.read('ours', image.record.image_id)).toEqual(image);
      expect(await checkObjects(other)).toBe(9);
      expect(await other.inspect()).toEqual([]);
      expect(await other.queue.receive({ max: 9, waitMs: 0, leaseMs: 1 })).toHaveLength(1);
      expect(await other.events.undelivered(10)).toHaveLength(3);
      expect((await other.secrets.getOrCreate('key', () => 'other')).value).toBe('secret');
    });
    // The backup was read, not moved.
    await rm(restored, { recursive: true });
    await restoreFrom(folder, restored);
  });

  it('of an empty installation restores, too', async () => {
    expect(await backupTo(dataDir, folder)).toMatchObject({ images: 0, objects: 0, damaged: [] });
    await restoreFrom(folder, restored);
    await openRestored(async ({ catalog }) => {
      expect(await catalog.list('ours', { limit: 1 })).toEqual({ images: [] });
    });
  });

  it('holds copies: what happens to the data afterwards does not reach it', async () => {
    const image = await addReady();
    await backupTo(dataDir, folder);
    await appendFile(join(dataDir, 'objects', image.record.original?.key ?? ''), 'overwritten in place');
    await restoreFrom(folder, restored);
    await openRestored(checkObjects);
  });

  it('leaves out unfinished uploads: their senders begin again', async () => {
    await platform.partialUploads.start({ tenantId: 'ours', imageId: 'a', length: 10 });
    await platform.partialUploads.append(
      'ours',
      'a',
      0,
      (async function* () {
        yield Buffer.from('abc');
      })(),
    );
    await backupTo(dataDir, folder);
    await restoreFrom(folder, restored);
    await openRestored(async ({ partialUploads }) => {
      expect(await partialUploads.find('ours', 'a')).toBeUndefined();
    });
  });

  it('is made while images come, change and go, and everything that it names is in it', async () => {
    for (let count = 0; count < 12; count += 1) await addReady();
    let running = true;
    const busy = async () => {
      while (running) {
        const { images } = await platform.catalog.list('ours', { limit: 200 });
        const [victim, changing] = [images.at(-1), images.at(images.length / 2)];
        await addReady();
        if (changing !== undefined) await republish(changing);
        if (victim !== undefined) await erase(victim);
      }
    };
    const [report] = await Promise.all([
      backupTo(dataDir, folder).finally(() => {
        running = false;
      }),
      busy(),
    ]);
    expect(report.damaged).toEqual([]);
    await restoreFrom(folder, restored);
    await openRestored(async (other) => {
      expect(await checkObjects(other)).toBeGreaterThan(12);
      expect(await other.inspect()).toEqual([]);
    });
  });

  it('follows an image that is erased or made anew between the database and its objects', async () => {
    const stays = await addReady();
    const erased = await addReady('mARKer-of-erased');
    const made = await addReady();
    const report = await backupTo(dataDir, folder, {
      // After the first image nothing has been read of the others, but what the database says.
      onProgress: async ({ images }) => {
        if (images > 1) return;
        await erase(erased);
        await republish(made);
      },
    });
    expect(report).toMatchObject({ images: 3, objects: 6, damaged: [] });
    expect(report.notes).toHaveLength(2);
    expect(await filesWith(folder, 'mARKer-of-erased')).toEqual([]);
    await restoreFrom(folder, restored);
    await openRestored(async (other) => {
      expect(await other.catalog.read('ours', erased.record.image_id)).toBeUndefined();
      expect(await other.catalog.read('ours', made.record.image_id)).toMatchObject({ generation: 2 });
      expect(await other.catalog.read('ours', stays.record.image_id)).toEqual(stays);
      expect(await checkObjects(other)).toBe(6);
    });
  });

  it('names what is missing or damaged in the data itself', async () => {
    const image = await addReady();
    const [small, large] = image.record.variants.map(({ key }) => key);
    await rm(join(dataDir, 'objects', small ?? ''));
    await truncate(join(dataDir, 'objects', large ?? ''), 100);
    const report = await backupTo(dataDir, folder);
    expect(report.damaged.toSorted()).toEqual([`${large} is damaged`, `${small} is missing`].toSorted());
    expect(report.objects).toBe(1);
    await restoreFrom(folder, restored);
  });

  it('that is stopped cannot be mistaken for a whole one', async () => {
    await addReady();
    await addReady();
    const stop = new AbortController();
    const backing = backupTo(dataDir, folder, { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(backing).rejects.toThrow(/abort/i);
    await expect(restoreFrom(folder, restored)).rejects.toMatchObject({ code: 'backup_unusable' });
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a folder in the data',
      async () => {
        folder = join(dataDir, 'objects/backup');
      },
      'lie one in the other',
    ],
    ['a folder that is not empty', async () => writeFile(join(await made(folder), 'x'), 'x'), 'not empty'],
    ['a file', async () => writeFile(folder, 'x'), 'ENOTDIR'],
  ])('is not written into %s', async (_, prepare, says) => {
    await prepare();
    const backing = backupTo(dataDir, folder);
    await expect(backing).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(backing).rejects.toThrow(says);
  });

  it('wants data', async () => {
    const backing = backupTo(join(parent, 'nowhere'), folder);
    await expect(backing).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await readdir(parent)).not.toContain('nowhere');
  });
});

describe('restoring', () => {
  it.each<[string, string, (path: string) => Promise<unknown>]>([
    ['an object with a changed bit', 'objects', flipBit],
    ['an object that is cut', 'objects', (path) => truncate(path, 10)],
    ['an object that is missing', 'objects', (path) => rm(path)],
    ['a database with a changed bit', 'darkroom.db', flipBit],
    ['a database that is missing', 'darkroom.db', (path) => rm(path)],
    ['a manifest with a changed bit', 'manifest.ndjson', flipBit],
    ['a manifest that is cut', 'manifest.ndjson', (path) => truncate(path, 300)],
    ['a manifest that is missing', 'manifest.ndjson', (path) => rm(path)],
    ['a manifest that is empty', 'manifest.ndjson', (path) => truncate(path, 0)],
  ])('refuses %s, and leaves nothing', async (_, what, damage) => {
    const { record } = await addReady();
    await backupTo(dataDir, folder);
    await damage(join(folder, what, what === 'objects' ? (record.original?.key ?? '') : ''));
    await expect(restoreFrom(folder, restored)).rejects.toMatchObject({ code: 'backup_unusable' });
    expect(await readdir(restored).catch(() => [])).toEqual([]);
  });

  it('refuses what a newer Darkroom wrote', async () => {
    await backupTo(dataDir, folder);
    const manifest = join(folder, 'manifest.ndjson');
    const lines = (await readFile(manifest, 'utf8')).split('\n');
    const body = lines
      .slice(0, -2)
      .join('\n')
      .replace(/"schema":\d+/, '"schema":99');
    const sha256 = createHash('sha256').update(`${body}\n`).digest('hex');
    await writeFile(manifest, `${body}\n${JSON.stringify({ end: true, files: lines.length - 3, sha256 })}\n`);
    await expect(restoreFrom(folder, restored)).rejects.toMatchObject({ code: 'data_folder_newer' });
  });

  it('does not touch a data folder that holds something, or that is in use', async () => {
    await backupTo(dataDir, folder);
    await expect(restoreFrom(folder, dataDir)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await platform.inspect()).toEqual([]);
  });
});

async function erase(image: StoredImage): Promise<void> {
  const { image_id: imageId } = image.record;
  const { original: _, ...record } = {
    ...image.record,
    status: 'erased' as const,
    user_id: '',
    variants: [],
  };
  const { version: __, ...rest } = image;
  await platform.catalog.replace(image, { ...rest, record }, []);
  await platform.objects.delete([objectKeys.original('ours', imageId)]);
  await platform.objects.deletePrefix(objectKeys.processed('ours', imageId));
  await platform.upkeep.markPurged('ours', imageId);
}

async function republish(image: StoredImage): Promise<void> {
  const next = await publish(image, image.generation + 1);
  await platform.objects.deletePrefix(objectKeys.generation('ours', next.record.image_id, image.generation));
}

async function made(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  return path;
}

async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await writeFile(path, bytes);
}
