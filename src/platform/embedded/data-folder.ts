import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../../failures.ts';
import { createDisk, type Disk, type Durability, onDisk } from './disk.ts';
import { assertLocal } from './file-system.ts';

/** Where things lie in a data folder. All folders are on one file system. */
export interface DataFolder {
  readonly root: string;
  readonly database: string;
  readonly objects: string;
  /** bytes that are not complete yet */
  readonly incoming: string;
  /** work of renderers */
  readonly scratch: string;
  /** pictures that were made for requests and can be made again */
  readonly cache: string;
}

export function dataFolder(dataDir: string): DataFolder {
  const root = resolve(dataDir);
  return {
    root,
    database: join(root, 'darkroom.db'),
    objects: join(root, 'objects'),
    incoming: join(root, 'incoming'),
    scratch: join(root, 'scratch'),
    cache: join(root, 'cache'),
  };
}

/** Makes what is missing of a data folder. Others on this machine cannot look into it. */
export async function prepareDataFolder(folder: DataFolder, durability: Durability): Promise<Disk> {
  const made = await onDisk(mkdir(folder.root, { recursive: true, mode: 0o700 }));
  await assertLocal(folder.root);
  const disk = createDisk(folder.root, durability);
  const { objects, incoming, scratch, cache } = folder;
  for (const path of [objects, incoming, scratch, cache]) await onDisk(disk.makeFolder(path));
  if (made !== undefined) await onDisk(syncUpTo(dirname(made), folder.root, disk));
  return disk;
}

/** @throws Failure `invalid_request` where there is no data in the folder */
export async function assertHasDatabase(folder: DataFolder): Promise<void> {
  const database = await stat(folder.database).catch(() => undefined);
  if (database?.isFile()) return;
  throw new Failure(
    'invalid_request',
    `There is no data in ${folder.root}. Set DARKROOM_DATA to the folder that the service uses.`,
  );
}

/** @throws Failure `invalid_request` where the folder is there and holds something */
export async function assertEmpty(path: string): Promise<void> {
  const names = await readdir(path).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw new Failure(
      'invalid_request',
      `${path} cannot be used as a folder (${error.code}). Name another one.`,
    );
  });
  if (names.length === 0) return;
  throw new Failure('invalid_request', `${path} is not empty. Name a folder that is empty or not there yet.`);
}

/** Syncs the folders above `path`, up to and with `top`. */
async function syncUpTo(top: string, path: string, disk: Disk): Promise<void> {
  let folder = path;
  while (folder !== top) {
    folder = dirname(folder);
    await disk.syncPath(folder);
  }
}
