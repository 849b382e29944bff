import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../images/clock.ts';
import type { Platform } from '../platform.ts';
import { openEmbedded } from './platform.ts';
import { bytesBelow, filesBelow, newFolder } from './testing/data-folder.ts';

const attributes = { contentType: 'image/jpeg' };
const HOUR = 3_600_000;

let dataDir: string;
beforeEach(async () => {
  dataDir = await newFolder();
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const open = (role: 'server' | 'tool' = 'server') => openEmbedded({ dataDir, clock: systemClock, role });
async function* body(...pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

describe('leftovers', () => {
  /** A process id that is nobody's: the largest that Linux gives out. */
  const DEAD = 4_194_304;

  const leave = async (name: string, ageMs: number) => {
    await mkdir(join(dataDir, 'scratch', name));
    for (const path of [join(dataDir, 'incoming', name), join(dataDir, 'scratch', name, 'variant')]) {
      await writeFile(path, 'left');
    }
    const then = new Date(Date.now() - ageMs);
    for (const folder of ['incoming', 'scratch']) await utimes(join(dataDir, folder, name), then, then);
  };
  const names = async () =>
    (await filesBelow(dataDir))
      .filter((path) => /incoming|scratch/.test(path))
      .map((path) => path.slice(dataDir.length + 1));

  it('of a server that died are gone when the next one starts', async () => {
    await (await open()).close();
    await leave(`${DEAD}-x.tmp`, 0);
    await leave(`${process.pid}-x.tmp`, 0);
    const platform = await open();
    expect(await names()).toEqual([]);
    await platform.close();
  });

  it('of another process that lives are gone when they are old', async () => {
    const platform = await open();
    await leave(`${process.ppid}-old.tmp`, HOUR);
    await leave(`${process.ppid}-young.tmp`, 0);
    expect(await platform.objects.removeLeftovers(HOUR / 2)).toBe(2);
    expect((await names()).every((name) => name.includes('young'))).toBe(true);
    await platform.close();
  });

  it('are not unfinished uploads', async () => {
    const imageId = '0198c0de-0000-7000-8000-000000000000';
    const first = await open();
    await first.partialUploads.start({ tenantId: 't', imageId, length: 10 });
    await first.partialUploads.append('t', imageId, 0, body(Buffer.from('abc')));
    await first.close();
    await writeFile(join(dataDir, 'incoming', 'nobody-knows-me.part'), 'left');
    const second = await open();
    await second.objects.removeLeftovers(0);
    expect(await names()).toEqual([`incoming/${imageId}.part`]);
    await second.close();
  });

  it('of the server are not for a tool to touch', async () => {
    const server = await open();
    const tool = await open('tool');
    await writeFile(join(dataDir, 'incoming', 'upload.part'), 'the record may come');
    await tool.objects.removeLeftovers(0);
    expect(await names()).toEqual(['incoming/upload.part']);
    await tool.close();
    await server.close();
  });
});

describe('deleting', () => {
  it('leaves no empty folders behind', async () => {
    const { objects, close } = await open();
    for (const key of ['raw/t/a', 'raw/t/b', 'p/t/a/1/x', 'p/t/b/1/x'])
      await objects.put(key, body(), { attributes });
    await mkdir(join(dataDir, 'objects/p/t/a/2/left/by/a/crash'), { recursive: true });
    await objects.deletePrefix('p/t/a/');
    await objects.delete(['raw/t/a', 'raw/t/b']);
    const { readdir } = await import('node:fs/promises');
    expect((await readdir(join(dataDir, 'objects'), { recursive: true })).toSorted()).toEqual([
      'p',
      'p/t',
      'p/t/b',
      'p/t/b/1',
      'p/t/b/1/x',
    ]);
    await close();
  });
});

const mount = tryMount();

describe.skipIf(mount === undefined)('a full disk (needs the right to mount a tmpfs)', () => {
  let platform: Platform;
  beforeEach(async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', dataDir]);
    platform = await open();
  });
  afterEach(async () => {
    await platform.close();
    execFileSync('umount', [dataDir]);
  });

  it('refuses what does not fit, leaves nothing of it, and takes what fits afterwards', async () => {
    const { objects } = platform;
    const megabyte = randomBytes(1_000_000);
    const tooMuch = objects.put('raw/t/big', body(...Array.from({ length: 30 }, () => megabyte)), {
      attributes,
    });
    await expect(tooMuch).rejects.toMatchObject({ code: 'storage_full' });
    expect(await bytesBelow(join(dataDir, 'incoming'), join(dataDir, 'objects'))).toBe(0);
    await objects.put('raw/t/small', body(megabyte), { attributes });
    expect(await objects.head('raw/t/small')).toMatchObject({ size: 1_000_000 });
  });

  it('is told of before it is full to the last byte, can be deleted from, and is well again', async () => {
    const { objects, catalog, upkeep } = platform;
    const piece = randomBytes(100_000);
    const stored: string[] = [];
    const fill = async () => {
      for (;;) {
        const key = `raw/t/${stored.length}`;
        await objects.put(key, body(piece), { attributes });
        stored.push(key);
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: 'storage_full' });
    expect(await platform.faults()).toEqual([expect.stringMatching(/nearly full/)]);
    expect(await catalog.list('t', { limit: 10 })).toEqual({ images: [] });
    await objects.delete(stored.slice(0, 20));
    await upkeep.forgetTombstones(Date.now());
    expect(await platform.faults()).toEqual([]);
    await objects.put('raw/t/again', body(piece), { attributes });
    for (const key of stored.slice(20)) expect((await objects.head(key))?.size).toBe(piece.length);
  });

  it('keeps what is durable of an upload', async () => {
    const { partialUploads } = platform;
    const imageId = '0198c0de-0000-7000-8000-000000000000';
    await partialUploads.start({ tenantId: 't', imageId, length: 100_000_000 });
    await partialUploads.append('t', imageId, 0, body(randomBytes(1_000_000)));
    const megabytes = Array.from({ length: 20 }, () => randomBytes(1_000_000));
    const appending = partialUploads.append('t', imageId, 1_000_000, body(...megabytes));
    await expect(appending).rejects.toMatchObject({ code: 'storage_full' });
    const { offset } = (await partialUploads.find('t', imageId)) ?? { offset: 0 };
    expect(offset).toBeGreaterThanOrEqual(1_000_000);
    expect(await partialUploads.head('t', imageId, 64)).toHaveLength(64);
  });
});

function tryMount(): true | undefined {
  const folder = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return undefined;
  } finally {
    execFileSync('rmdir', [folder]);
  }
}
