import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
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
}

export function dataFolder(dataDir: string): DataFolder {
  const root = resolve(dataDir);
  return {
    root,
    database: join(root, 'darkroom.db'),
    objects: join(root, 'objects'),
    incoming: join(root, 'incoming'),
    scratch: join(root, 'scratch'),
  };
}

/** Makes what is missing of a data folder. Others on this machine cannot look into it. */
export async function prepareDataFolder(folder: DataFolder, durability: Durability): Promise<Disk> {
  const made = await onDisk(mkdir(folder.root, { recursive: true, mode: 0o700 }));
  await assertLocal(folder.root);
  const disk = createDisk(folder.root, durability);
  for (const path of [folder.objects, folder.incoming, folder.scratch]) await onDisk(disk.makeFolder(path));
  if (made !== undefined) await onDisk(syncUpTo(dirname(made), folder.root, disk));
  return disk;
}

/** Syncs the folders above `path` up to and with `top`. */
async function syncUpTo(top: string, path: string, disk: Disk): Promise<void> {
  for (let folder = dirname(path); folder.length >= top.length; folder = dirname(folder)) {
    await disk.syncFolder(folder);
    if (folder === top) return;
  }
}
