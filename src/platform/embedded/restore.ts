import { copyFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isFailure } from '../../failures.ts';
import type { ObjectStore, StoredObject } from '../../images/object-store.ts';
import { MANIFEST, type Manifest, type ManifestEntry, readManifest, unusable } from './backup-manifest.ts';
import { assertEmpty, type DataFolder, dataFolder, prepareDataFolder } from './data-folder.ts';
import { assertKnownSchema, openDatabase } from './database.ts';
import { createDisk, type Disk, isMissing } from './disk.ts';
import { hashFile } from './file-hash.ts';
import { findDamage } from './integrity.ts';
import { createWorkNames } from './leftovers.ts';
import { createObjectStore } from './object-store.ts';
import { lockDataFolder } from './server-lock.ts';

export interface RestoreOptions {
  readonly signal?: AbortSignal;
  /** called after each object */
  readonly onProgress?: (done: { objects: number; bytes: number; of: number }) => void;
}

export interface RestoreReport {
  readonly objects: number;
  /** of all files */
  readonly bytes: number;
  /** when the backup was made, ISO 8601 */
  readonly createdAt: string;
}

/**
 * Fills an empty data folder from a backup. Every file is compared with its checksum and the database is looked
 * through before it answers; where anything is wrong, the folder is empty again.
 *
 * @throws Failure `backup_unusable` naming what is wrong with it, `invalid_request` where the data folder is not
 *   empty, `data_folder_newer` where a newer Darkroom made the backup, `storage_full`
 */
export async function restoreFrom(
  folder: string,
  dataDir: string,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  const from = dataFolder(folder);
  const to = dataFolder(dataDir);
  const manifest = await readManifest(join(from.root, MANIFEST));
  assertKnownSchema(manifest.head.schema);
  await assertEmpty(to.root);
  try {
    return await fill(to, from, manifest, options);
  } catch (error) {
    await empty(to.root);
    throw error;
  }
}

async function fill(
  to: DataFolder,
  from: DataFolder,
  manifest: Manifest,
  options: RestoreOptions,
): Promise<RestoreReport> {
  const disk = await prepareDataFolder(to, 'full');
  const unlock = lockDataFolder(to.root);
  try {
    const names = createWorkNames();
    const store = createObjectStore({ disk, names, folders: to });
    const backedUp = createObjectStore({ disk: createDisk(from.root, 'full'), names, folders: from });
    const objects = manifest.entries.filter(({ kind }) => kind === 'object');
    let bytes = 0;
    for (const [done, entry] of objects.entries()) {
      options.signal?.throwIfAborted();
      assertSame(entry, await copy(entry.name, backedUp, store).catch(unreadable(entry)));
      bytes += entry.size;
      options.onProgress?.({ objects: done + 1, bytes, of: objects.length });
    }
    // Last, and under its name only when it is whole: a data folder without a database is an empty one.
    bytes += await restoreDatabase(to, from, manifest, disk);
    return { objects: objects.length, bytes, createdAt: manifest.head.created_at };
  } finally {
    unlock();
  }
}

async function restoreDatabase(
  to: DataFolder,
  from: DataFolder,
  manifest: Manifest,
  disk: Disk,
): Promise<number> {
  const entry = manifest.entries.find(({ kind }) => kind === 'database');
  if (entry === undefined) throw unusable('The backup holds no database. Use another one.');
  const temporary = `${to.database}.restoring`;
  await copyFile(from.database, temporary).catch(unreadable(entry));
  assertSame(entry, await hashFile(temporary));
  const database = openDatabase(temporary, { durability: 'full' });
  try {
    const damage = findDamage(database);
    if (damage.length > 0) throw unusable(`The database of the backup is damaged: ${damage.join('; ')}.`);
    // The bytes of unfinished uploads are not in a backup: their senders begin again.
    database.run('DELETE FROM partial_uploads');
  } finally {
    database.close();
  }
  await disk.syncPath(temporary);
  await rename(temporary, to.database);
  await disk.syncPath(to.root);
  return entry.size;
}

async function copy(key: string, from: ObjectStore, to: ObjectStore): Promise<StoredObject> {
  const { stream } = await from.read(key);
  return to.put(key, stream, { attributes: { contentType: 'application/octet-stream' } });
}

function assertSame(entry: ManifestEntry, found: { size: number; sha256: string }): void {
  if (found.sha256 === entry.sha256 && found.size === entry.size) return;
  throw unusable(`${entry.name} in the backup is not what was backed up. Use another backup.`);
}

function unreadable(entry: ManifestEntry): (error: unknown) => never {
  return (error) => {
    if (!isMissing(error) && !isFailure(error, 'object_not_found')) throw error;
    throw unusable(`${entry.name} is missing in the backup. Use another backup.`, error);
  };
}

async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}
