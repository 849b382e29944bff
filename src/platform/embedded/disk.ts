import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure, toFailure } from '../../failures.ts';

/**
 * `full`: what was acknowledged survives a power cut. `none` syncs nothing and is only for showing that the
 * power-cut test can fail.
 */
export type Durability = 'full' | 'none';

/** The file system under the data folder: what is durable on it, and whether it can still be trusted. */
export interface Disk {
  /** The bytes written to the file survive a power cut. */
  syncFile(file: FileHandle): Promise<void>;
  /** The same by path: the bytes of a file, the names in a folder. */
  syncPath(path: string): Promise<void>;
  /** Makes a folder below the root with its parents, all durable. Costs nothing for a folder known to be so. */
  makeFolder(path: string): Promise<void>;
  /** The folder has been deleted: the next `makeFolder` makes it again. */
  forgetFolder(path: string): void;
  /** Remembers that the disk failed to keep something. After that nothing is acknowledged until a restart. */
  distrust(error: unknown): void;
  /** Why the disk is not trusted any more. */
  readonly distrusted: string | undefined;
  /** @throws Failure `storage_unavailable` once the disk is not trusted, `storage_full` where it is nearly full */
  assertWritable(): Promise<void>;
  /** Free space for this user, and how much of it is kept free for deleting and for the database; bytes. */
  space(): Promise<{ free: number; reserve: number }>;
}

/** How often a folder is made anew that somebody else clears away meanwhile. */
const TRIES_OF_FOLDERS = 10;

/** Folders remembered as durable. A forgotten one costs one sync more. */
const KNOWN_FOLDERS = 4096;
const MOST_RESERVE = 64 * 1024 * 1024;

/**
 * @param root an existing folder; folders are made below it
 * @param fsync the system call; tests watch it and let it fail
 */
export function createDisk(
  root: string,
  durability: Durability,
  fsync: (file: FileHandle) => Promise<void> = (file) => file.sync(),
): Disk {
  const folders = new Map<string, Promise<void>>();
  let distrusted: string | undefined;

  function distrust(error: unknown): void {
    const code = (error as NodeJS.ErrnoException | undefined)?.code ?? 'no code';
    distrusted ??= `the disk failed to keep what was written (${code}); restart Darkroom once it is well again`;
  }

  // A sync that failed once says nothing when repeated: the kernel may have dropped the pages and forgotten it
  // ("fsyncgate", https://wiki.postgresql.org/wiki/Fsync_Errors).
  async function sync(file: FileHandle): Promise<void> {
    if (durability === 'none') return;
    try {
      await fsync(file);
    } catch (error) {
      if (!isFull(error)) distrust(error);
      throw diskFailure(error);
    }
  }

  async function syncPath(path: string): Promise<void> {
    if (durability === 'none') return;
    const file = await open(path, 'r');
    try {
      await sync(file);
    } finally {
      await file.close();
    }
  }

  async function make(path: string, tries = TRIES_OF_FOLDERS): Promise<void> {
    const parent = dirname(path);
    await makeFolder(parent);
    try {
      await mkdir(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      await syncPath(parent);
    } catch (error) {
      // Whoever deletes clears away folders that are empty, also one that was made just now.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === root || tries <= 1) throw error;
      folders.delete(parent);
      await make(path, tries - 1);
    }
  }

  function makeFolder(path: string): Promise<void> {
    if (path === root) return Promise.resolve();
    const known = folders.get(path);
    if (known !== undefined) return known;
    const making = make(path);
    folders.set(path, making);
    making.catch(() => folders.delete(path));
    const oldest = folders.keys().next().value;
    if (folders.size > KNOWN_FOLDERS && oldest !== undefined) folders.delete(oldest);
    return making;
  }

  async function space(): Promise<{ free: number; reserve: number }> {
    const { bavail, blocks, bsize } = await statfs(root);
    return { free: bavail * bsize, reserve: Math.min(MOST_RESERVE, Math.floor((blocks * bsize) / 20)) };
  }

  return {
    syncFile: sync,
    syncPath,
    makeFolder,
    forgetFolder: (path) => void folders.delete(path),
    distrust,
    get distrusted() {
      return distrusted;
    },
    async assertWritable() {
      assertTrusted(distrusted);
      const { free, reserve } = await space();
      if (free >= reserve / 2) return;
      throw new Failure('storage_full', 'The disk is nearly full. Free some space, then try again.');
    },
    space,
  };
}

/** @throws Failure `storage_unavailable` where there is a reason not to trust the disk */
export function assertTrusted(distrusted: string | undefined): void {
  if (distrusted === undefined) return;
  throw new Failure('storage_unavailable', `Nothing is stored: ${distrusted}.`);
}

function isFull(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** What the file system said, as a {@link Failure}: `storage_full` or `storage_unavailable`. */
export function diskFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (isFull(error)) return toFailure(error);
  return new Failure('storage_unavailable', 'The disk did not do what it was asked. Try again later.', {
    cause: error,
  });
}

/** Awaits work on the file system; what it throws comes as {@link diskFailure}. */
export async function onDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw diskFailure(error);
  }
}

/** True where the file system says that there is no such file or folder. */
export function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
