import { readdirSync, readlinkSync } from 'node:fs';
import { type FileHandle, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../images/object-store.ts';
import { createDisk, type Disk } from './disk.ts';
import { createWorkNames } from './leftovers.ts';
import { createObjectStore } from './object-store.ts';
import { newFolder } from './testing/data-folder.ts';

const attributes = { contentType: 'image/jpeg' };

/** A sync as it happened: of what, and which files were visible under objects/ at that moment. */
interface Sync {
  readonly path: string;
  readonly visible: readonly string[];
}

let root: string;
let folders: { objects: string; incoming: string; scratch: string };
let syncs: Sync[];
/** the number of the sync that fails, from 1 */
let failing: { at: number; code: string } | undefined;
let disk: Disk;
let store: ObjectStore;

beforeEach(async () => {
  root = await newFolder();
  folders = {
    objects: join(root, 'objects'),
    incoming: join(root, 'incoming'),
    scratch: join(root, 'scratch'),
  };
  for (const folder of Object.values(folders)) await mkdir(folder);
  start();
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** As after the start of a process: nothing is known to be durable. */
function start(): void {
  syncs = [];
  failing = undefined;
  disk = createDisk(root, 'full', watchedSync);
  store = createObjectStore({ disk, names: createWorkNames(), folders });
}

async function watchedSync(file: FileHandle): Promise<void> {
  const path = relative(root, readlinkSync(`/proc/self/fd/${file.fd}`)).replace(/[^/]+\.tmp$/, 'TEMPORARY');
  const entries = readdirSync(folders.objects, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  syncs.push({
    path,
    visible: files.map((entry) => relative(folders.objects, join(entry.parentPath, entry.name))),
  });
  if (syncs.length === failing?.at) throw Object.assign(new Error(failing.code), { code: failing.code });
  await file.sync();
}

const put = (key: string) =>
  store.put(
    key,
    (async function* () {
      yield Buffer.from(key);
    })(),
    { attributes },
  );
const paths = () => syncs.map(({ path }) => path);

async function putFiles(...keys: string[]): Promise<void> {
  const scratch = await store.scratch();
  const files = keys.map((key, number) => ({ key, path: join(scratch.path, `${number}`), attributes }));
  for (const { path, key } of files) await writeFile(path, key);
  await store.putFiles(files);
  await scratch.release();
}

describe('what is synced, and when', () => {
  it('put: the bytes before they have a name, then the name, and every new folder in its parent', async () => {
    await put('raw/t/a');
    expect(syncs).toEqual([
      { path: 'incoming/TEMPORARY', visible: [] },
      { path: '', visible: [] },
      { path: 'objects', visible: [] },
      { path: 'objects/raw', visible: [] },
      { path: 'objects/raw/t', visible: ['raw/t/a'] },
    ]);
  });

  it('put into a folder that is known to be durable: the bytes and the name', async () => {
    await put('raw/t/a');
    syncs = [];
    await put('raw/t/b');
    expect(paths()).toEqual(['incoming/TEMPORARY', 'objects/raw/t']);
  });

  it('put by a process that only finds the folders: they may not be durable', async () => {
    await put('raw/t/a');
    start();
    await put('raw/t/b');
    expect(paths()).toEqual(expect.arrayContaining(['objects', 'objects/raw', 'objects/raw/t']));
  });

  it('put into a folder that was deleted meanwhile: as for the first time', async () => {
    await put('raw/t/a');
    await store.delete(['raw/t/a']);
    syncs = [];
    await put('raw/t/b');
    expect(paths()).toEqual(expect.arrayContaining(['objects', 'objects/raw', 'objects/raw/t']));
  });

  it('put into a folder that is deleted and made again at that moment: its own name, too', async () => {
    await put('raw/t/a');
    const { makeFolder } = disk;
    disk.makeFolder = async (path) => {
      await makeFolder(path);
      disk.makeFolder = makeFolder;
      disk.forgetFolder(path);
    };
    syncs = [];
    await put('raw/t/b');
    expect(paths()).toEqual(['incoming/TEMPORARY', 'objects/raw', 'objects/raw/t']);
  });

  it('putFiles: all bytes before the first name, and each folder once', async () => {
    const keys = ['p/t/a/1/x', 'p/t/a/1/y', 'p/t/a/1/z', 'p/t/a/2/x'];
    await putFiles(...keys);
    const isFile = ({ path }: Sync) => path.startsWith('scratch/');
    expect(syncs.filter(isFile)).toHaveLength(4);
    expect(syncs.filter(isFile).every(({ visible }) => visible.length === 0)).toBe(true);
    for (const folder of ['objects', 'objects/p', 'objects/p/t', 'objects/p/t/a']) {
      expect(paths().filter((path) => path === folder)).toHaveLength(folder === 'objects/p/t/a' ? 2 : 1);
    }
    const names = syncs.filter(({ path }) => /^objects.*\/[12]$/.test(path));
    expect(names.map(({ path }) => path).toSorted()).toEqual(['objects/p/t/a/1', 'objects/p/t/a/2']);
    for (const { visible } of names) expect(visible.toSorted()).toEqual(keys);
  });

  it('delete: the folder that lost a name', async () => {
    for (const key of ['raw/t/a', 'raw/t/b', 'raw/u/a']) await put(key);
    syncs = [];
    await store.delete(['raw/t/a']);
    expect(syncs).toEqual([{ path: 'objects/raw/t', visible: expect.not.arrayContaining(['raw/t/a']) }]);
    syncs = [];
    await store.delete(['raw/t/b']);
    expect(paths()).toEqual(['objects/raw']);
  });

  it('nothing where durability is given up', async () => {
    disk = createDisk(root, 'none', watchedSync);
    store = createObjectStore({ disk, names: createWorkNames(), folders });
    await put('raw/t/a');
    await putFiles('p/t/a/1/x');
    await store.delete(['raw/t/a']);
    expect(syncs).toEqual([]);
  });
});

describe('a disk that fails to sync', () => {
  it.each([1, 2, 3, 4, 5])(
    'at the %i. sync of a put: it is not acknowledged, and nothing is after it',
    async (at) => {
      failing = { at, code: 'EIO' };
      await expect(put('raw/t/a')).rejects.toMatchObject({ code: 'storage_unavailable' });
      expect(disk.distrusted).toMatch(/EIO/);
      await expect(put('raw/t/b')).rejects.toMatchObject({ code: 'storage_unavailable' });
      await expect(putFiles('p/t/a/1/x')).rejects.toMatchObject({ code: 'storage_unavailable' });
      start();
      await put('raw/t/b');
      expect((await store.head('raw/t/b'))?.size).toBe(7);
    },
  );

  it('can still be read from', async () => {
    await put('raw/t/a');
    failing = { at: syncs.length + 1, code: 'EIO' };
    await expect(put('raw/t/b')).rejects.toMatchObject({ code: 'storage_unavailable' });
    const { stream } = await store.read('raw/t/a');
    expect(await new Response(stream).text()).toBe('raw/t/a');
  });

  it.each(['ENOSPC', 'EDQUOT'])(
    'because it is full (%s) is trusted again when there is room',
    async (code) => {
      failing = { at: 1, code };
      await expect(put('raw/t/a')).rejects.toMatchObject({ code: 'storage_full' });
      expect(disk.distrusted).toBeUndefined();
      await put('raw/t/a');
      expect(await store.head('raw/t/a')).toBeDefined();
    },
  );
});
