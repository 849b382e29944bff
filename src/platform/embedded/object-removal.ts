import { opendir, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Disk, isMissing } from './disk.ts';

/** Deletes files below a root, and the folders that are empty without them. */
export interface ObjectRemoval {
  /** Durable when it answers; what is not there is no error. Paths as `objectPath` made them. */
  remove(paths: readonly string[]): Promise<void>;
  /** Everything in a folder, and the folder; answers the files that went. What is added meanwhile stays. */
  removeFolder(folder: string): Promise<string[]>;
}

export function createObjectRemoval(root: string, disk: Disk): ObjectRemoval {
  /** True where the folder is gone. */
  async function removeEmpty(folder: string): Promise<boolean> {
    try {
      await rmdir(folder);
    } catch (error) {
      if (isOccupied(error)) return false;
      if (!isMissing(error)) throw error;
    }
    disk.forgetFolder(folder);
    return true;
  }

  /** Removes the empty folders from this one upwards, and makes durable that names are gone from the first that stays. */
  async function prune(folder: string): Promise<void> {
    let path = folder;
    while (path !== root && (await removeEmpty(path))) path = dirname(path);
    await disk.syncPath(path).catch((error) => {
      if (!isMissing(error)) throw error;
      return prune(dirname(path));
    });
  }

  return {
    async remove(paths) {
      await Promise.all(paths.map(removeFile));
      for (const folder of new Set(paths.map(dirname))) await prune(folder);
    },

    async removeFolder(folder) {
      const { files, folders } = await contents(folder);
      await Promise.all(files.map(removeFile));
      for (const inner of folders) if (!(await removeEmpty(inner))) await disk.syncPath(inner);
      await prune(folder);
      return files;
    },
  };
}

/** The files below a folder, and the folders: a folder comes after those in it. */
async function contents(folder: string): Promise<{ files: string[]; folders: string[] }> {
  const files: string[] = [];
  const folders: string[] = [];
  for await (const entry of await openFolder(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const inner = await contents(path);
      files.push(...inner.files);
      folders.push(...inner.folders, path);
    } else {
      files.push(path);
    }
  }
  return { files, folders };
}

/** A folder's entries; none where there is no such folder. */
export async function openFolder(path: string) {
  try {
    return await opendir(path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    const isFolder = ['EISDIR', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
    if (!isFolder && !isMissing(error)) throw error;
  }
}

function isOccupied(error: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}
