import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Failure, toFailure } from '../../failures.ts';
import { makeFolders, NotAFolder } from '../../make-folders.ts';
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

/**
 * Makes what is missing of a data folder. Others on this machine cannot look into it.
 * @throws Failure `invalid_settings` where there can be no such folder, `storage_full`
 */
export async function prepareDataFolder(folder: DataFolder, durability: Durability): Promise<Disk> {
  const made = await makeFolders(folder.root, 0o700).catch((error: unknown) => {
    throw cannotBeMade(folder.root, error);
  });
  await assertLocal(folder.root);
  const disk = createDisk(folder.root, durability);
  const { objects, incoming, scratch, cache } = folder;
  for (const path of [objects, incoming, scratch, cache]) await onDisk(disk.makeFolder(path));
  if (made !== undefined) await onDisk(syncUpTo(dirname(made), folder.root, disk));
  return disk;
}

function cannotBeMade(root: string, error: unknown): Failure {
  if (error instanceof NotAFolder) return isAFile(error.path, 'invalid_settings');
  const failure = toFailure(error);
  if (failure.code === 'storage_full') return failure;
  const { code = 'no reason given' } = error as NodeJS.ErrnoException;
  return new Failure(
    'invalid_settings',
    `The folder ${root} cannot be made (${code}). Set DARKROOM_DATA to a folder in which this user may write.`,
    { cause: error },
  );
}

function isAFile(path: string, code: 'invalid_settings' | 'invalid_request'): Failure {
  return new Failure(
    code,
    `${path} is a file. Set DARKROOM_DATA to a folder, which is made where it is missing.`,
  );
}

/** @throws Failure `invalid_request` where there is no data in the folder */
export async function assertHasDatabase(folder: DataFolder): Promise<void> {
  const database = await stat(folder.database).catch(() => undefined);
  if (database?.isFile()) return;
  const root = await stat(folder.root).catch(() => undefined);
  if (root?.isFile()) throw isAFile(folder.root, 'invalid_request');
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

/** @throws Failure `invalid_request` where one of the folders lies in the other, or is it */
export async function assertApart(source: string, target: string): Promise<void> {
  const [from, to] = await Promise.all([source, target].map(realpathOfWhatExists));
  if (from === undefined || to === undefined || !(holds(from, to) || holds(to, from))) return;
  throw new Failure(
    'invalid_request',
    `${target} and the data in ${source} lie one in the other: what happens to the one would happen to the other. Name a folder elsewhere.`,
  );
}

function holds(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(join(outer, '/'));
}

/** Without symbolic links, as far as the path is there. */
async function realpathOfWhatExists(path: string): Promise<string> {
  return realpath(path).catch(async () =>
    dirname(path) === path ? path : join(await realpathOfWhatExists(dirname(path)), basename(path)),
  );
}

/** Syncs the folders above `path`, up to and with `top`. */
async function syncUpTo(top: string, path: string, disk: Disk): Promise<void> {
  let folder = path;
  while (folder !== top) {
    folder = dirname(folder);
    await disk.syncPath(folder);
  }
}
