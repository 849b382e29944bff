import { rename, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { isoTime, systemClock } from '../../images/clock.ts';
import { createImageSaver } from './backup-image.ts';
import { formatManifest, MANIFEST, type ManifestEntry } from './backup-manifest.ts';
import { createCatalogUpkeep } from './catalog-upkeep.ts';
import {
  assertApart,
  assertEmpty,
  assertHasDatabase,
  type DataFolder,
  dataFolder,
  prepareDataFolder,
} from './data-folder.ts';
import { openDatabase, SCHEMA_VERSION } from './database.ts';
import { createDisk, type Disk } from './disk.ts';
import { hashFile } from './file-hash.ts';
import { findDamage } from './integrity.ts';
import { type KeyringSettings, keyringBeside } from './keyring/open-keyring.ts';
import { createWorkNames } from './leftovers.ts';
import { createObjectStore } from './object-store.ts';
import { openSealing } from './sealing.ts';

export interface BackupOptions {
  /** to compare what is encrypted with its records; only the lengths are, without it. No key is in a backup. */
  readonly encryption?: KeyringSettings;
  readonly signal?: AbortSignal;
  /** called after each image, and waited for */
  readonly onProgress?: (done: { images: number; objects: number; bytes: number }) => void | Promise<void>;
}

export interface BackupReport {
  readonly images: number;
  readonly objects: number;
  /** of all files */
  readonly bytes: number;
  /** images that changed while the backup ran: it holds what they changed to */
  readonly notes: readonly string[];
  /** what is missing or damaged in the data folder itself, and so in the backup: `darkroom verify` says more */
  readonly damaged: readonly string[];
}

/**
 * Writes a backup of a data folder, whose server may be running, into an empty folder: the database as it is at one
 * moment, then every object that its records name, then a manifest with all checksums. Unfinished resumable uploads
 * are not in it. Everything is durable when it answers; a backup that was interrupted has no manifest.
 *
 * @throws Failure `invalid_request` where there is no data, or the folder is not empty or lies in that of the data;
 *   `storage_full`
 */
export async function backupTo(
  dataDir: string,
  folder: string,
  options: BackupOptions = {},
): Promise<BackupReport> {
  const source = dataFolder(dataDir);
  const target = dataFolder(folder);
  await assertHasDatabase(source);
  await assertApart(source.root, target.root);
  await assertEmpty(target.root);
  const disk = await prepareDataFolder(target, 'full');
  await takeSnapshot(source.database, target.database);
  const snapshot = openDatabase(target.database, { durability: 'full' });
  const live = openDatabase(source.database, { durability: 'full' });
  const settings = options.encryption ?? { masterKeys: [], folder: keyringBeside(source.root) };
  const sealing = await openSealing({ database: live, clock: systemClock, durability: 'full', settings });
  try {
    const names = createWorkNames();
    const to = createObjectStore({ disk, names, folders: target });
    const saver = createImageSaver({
      snapshot,
      live: createCatalogUpkeep({ database: live, clock: systemClock, onPurged: () => {} }),
      from: createObjectStore({ disk: createDisk(source.root, 'full'), names, folders: source }),
      to,
      readable: sealing.seal(to),
    });
    let images = 0;
    const { all } = createCatalogUpkeep({ database: snapshot, clock: systemClock, onPurged: () => {} });
    for await (const image of all()) {
      options.signal?.throwIfAborted();
      await saver.save(image);
      images += 1;
      await options.onProgress?.({ images, objects: saver.entries.size, bytes: saver.totalBytes });
    }
    const damaged = [...findDamage(snapshot).map((line) => `database: ${line}`), ...saver.damaged];
    snapshot.checkpoint();
    snapshot.close();
    const database = await databaseEntry(target);
    const entries = [database, ...saver.entries.values()];
    await finish(target, entries, disk);
    const { notes, totalBytes } = saver;
    return { images, objects: saver.entries.size, bytes: totalBytes + database.size, notes, damaged };
  } finally {
    snapshot.close();
    sealing.close();
    live.close();
  }
}

/** One moment of the database. In a single step: step by step, a busy writer would make it begin again and again. */
async function takeSnapshot(from: string, to: string): Promise<void> {
  const connection = new DatabaseSync(from, { timeout: 10_000 });
  try {
    await backup(connection, to, { rate: 0x7fff_ffff });
  } finally {
    connection.close();
  }
}

async function databaseEntry(target: DataFolder): Promise<ManifestEntry> {
  return { kind: 'database', name: 'darkroom.db', ...(await hashFile(target.database)) };
}

async function finish(target: DataFolder, entries: readonly ManifestEntry[], disk: Disk): Promise<void> {
  await disk.syncPath(target.database);
  await rmdir(target.incoming);
  await rmdir(target.scratch);
  const head = { darkroom_backup: 1, schema: SCHEMA_VERSION, created_at: isoTime(Date.now()) } as const;
  const temporary = join(target.root, `${MANIFEST}.tmp`);
  await writeFile(temporary, formatManifest({ head, entries }), { mode: 0o600 });
  await disk.syncPath(temporary);
  await rename(temporary, join(target.root, MANIFEST));
  await disk.syncPath(target.root);
}
