import { createHash } from 'node:crypto';
import { copyFile, type FileHandle, link, mkdir, open, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Failure } from '../../failures.ts';
import type { ObjectHead, ObjectStore, StoredObject } from '../../images/object-store.ts';
import { abortable } from './abortable.ts';
import { type Disk, isMissing, onDisk } from './disk.ts';
import { createFileWriter } from './file-writer.ts';
import type { WorkNames } from './leftovers.ts';
import { removeLeftovers } from './leftovers.ts';
import { objectNotFound, openObject } from './object-body.ts';
import { objectPath, prefixFolder } from './object-paths.ts';
import { createObjectRemoval, openFolder } from './object-removal.ts';

export interface ObjectStoreDeps {
  readonly disk: Disk;
  readonly names: WorkNames;
  /** Existing folders on one file system: where the objects lie, and where bytes wait until they are complete. */
  readonly folders: { readonly objects: string; readonly incoming: string; readonly scratch: string };
}

/** How often a folder may vanish under a write, deleted by somebody who saw it empty. */
const MOST_TRIES = 10;

/** Objects as files under `objects/{key}`. Their attributes are kept in the record alone. */
export function createObjectStore({ disk, names, folders }: ObjectStoreDeps): ObjectStore {
  const removal = createObjectRemoval(folders.objects, disk);
  const pathOf = (key: string) => objectPath(folders.objects, key);

  /** Runs `place`, which makes a name at `path`, in a folder that exists and is durable. */
  async function placeAt(path: string, place: () => Promise<void>): Promise<void> {
    const folder = dirname(path);
    for (let tries = 1; ; tries += 1) {
      await disk.makeFolder(folder);
      try {
        await place();
        // Where the folder was deleted and made again since, its own name may not be durable yet.
        return await disk.makeFolder(folder);
      } catch (error) {
        if (!isMissing(error) || tries === MOST_TRIES) throw error;
        forgetWithParents(folder);
      }
    }
  }

  function forgetWithParents(folder: string): void {
    for (let path = folder; path.length > folders.objects.length; path = dirname(path))
      disk.forgetFolder(path);
  }

  async function withTemporary<T>(use: (path: string) => Promise<T>): Promise<T> {
    const name = names.take();
    const path = join(folders.incoming, name);
    try {
      return await use(path);
    } finally {
      // Mostly renamed away by now; and where even this fails, the sweep of leftovers finds it.
      await rm(path, { force: true }).catch(() => {});
      names.giveBack(name);
    }
  }

  async function publish(temporary: string, key: string, ifAbsent: boolean): Promise<void> {
    const path = pathOf(key);
    await placeAt(path, () => (ifAbsent ? linkNew(temporary, path, key) : rename(temporary, path)));
    await disk.syncPath(dirname(path));
  }

  async function move(from: string, to: string): Promise<void> {
    try {
      await placeAt(to, () => rename(from, to));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
      await withTemporary(async (temporary) => {
        await copyFile(from, temporary);
        await disk.syncPath(temporary);
        await placeAt(to, () => rename(temporary, to));
      });
      await unlink(from);
    }
  }

  async function* walk(folder: string): AsyncGenerator<ObjectHead> {
    for await (const entry of await openFolder(join(folders.objects, folder))) {
      const key = `${folder}${entry.name}`;
      if (entry.isDirectory()) yield* walk(`${key}/`);
      const head = entry.isFile() ? await headOf(pathOf(key), key) : undefined;
      if (head !== undefined) yield head;
    }
  }

  return {
    async put(key, body, { signal, ifAbsent = false }) {
      pathOf(key);
      await disk.assertWritable();
      return withTemporary(async (temporary) => {
        const file = await onDisk(open(temporary, 'wx', 0o600));
        const stored = await fill(file, abortable(body, signal), disk).finally(() => file.close());
        signal?.throwIfAborted();
        await onDisk(publish(temporary, key, ifAbsent));
        return stored;
      });
    },

    async putFiles(files, { signal } = {}) {
      const moves = files.map(({ key, path }) => ({ from: path, to: pathOf(key) }));
      const targets = [...new Set(moves.map(({ to }) => dirname(to)))];
      await disk.assertWritable();
      signal?.throwIfAborted();
      // No name appears before the bytes under it are durable; making the folders meanwhile saves a wait.
      const ready = [...moves.map(({ from }) => disk.syncPath(from)), ...targets.map(disk.makeFolder)];
      await onDisk(Promise.all(ready));
      signal?.throwIfAborted();
      await onDisk(Promise.all(moves.map(({ from, to }) => move(from, to))));
      await onDisk(Promise.all(targets.map(disk.syncPath)));
    },

    async read(key, options = {}) {
      return openObject(pathOf(key), key, options);
    },

    async head(key) {
      return onDisk(headOf(pathOf(key), key));
    },

    async withLocalFile(key, use, { signal } = {}) {
      signal?.throwIfAborted();
      const path = pathOf(key);
      if ((await onDisk(headOf(path, key))) === undefined) throw objectNotFound(key);
      return use(path);
    },

    async delete(keys) {
      await onDisk(removal.remove(keys.map(pathOf)));
    },

    async deletePrefix(prefix) {
      if (!prefix.endsWith('/')) throw new Error(`a prefix to delete ends in a slash; ${prefix} does not`);
      const gone = await onDisk(removal.removeFolder(pathOf(prefix.slice(0, -1))));
      return gone.map((path) => relative(folders.objects, path));
    },

    async *list(prefix) {
      for await (const head of walk(prefixFolder(prefix))) if (head.key.startsWith(prefix)) yield head;
    },

    async scratch() {
      const name = names.take();
      const path = join(folders.scratch, name);
      await onDisk(mkdir(path));
      return {
        path,
        async release() {
          await onDisk(rm(path, { recursive: true, force: true }));
          names.giveBack(name);
        },
      };
    },

    removeLeftovers: (olderThan) =>
      onDisk(removeLeftovers([folders.incoming, folders.scratch], names, olderThan)),
  };
}

async function linkNew(from: string, to: string, key: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Failure('object_exists', `There is an object ${key} already.`);
  }
}

/** Writes the stream into the file and syncs it. */
async function fill(file: FileHandle, body: AsyncIterable<Uint8Array>, disk: Disk): Promise<StoredObject> {
  const hash = createHash('sha256');
  const writer = createFileWriter(file, 0);
  for await (const chunk of body) {
    hash.update(chunk);
    await writer.add(chunk);
  }
  await writer.flush();
  await disk.syncFile(file);
  return { size: writer.end, sha256: hash.digest('hex') };
}

async function headOf(path: string, key: string): Promise<ObjectHead | undefined> {
  try {
    const stats = await stat(path);
    return stats.isFile() ? { key, size: stats.size, modifiedAt: Math.round(stats.mtimeMs) } : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
