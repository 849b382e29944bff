import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Failure, isFailure } from '../../../failures.ts';
import { systemClock } from '../../../images/clock.ts';
import { keyNameOf } from '../../../images/keyring.ts';
import { isGone } from '../../../images/states.ts';
import { createCatalogUpkeep } from '../catalog-upkeep.ts';
import { assertEmpty, assertHasDatabase, dataFolder } from '../data-folder.ts';
import { type Database, openDatabase } from '../database.ts';
import { createDisk, onDisk } from '../disk.ts';
import { keyringOfData, openSealing } from '../sealing.ts';
import { type KeyringFile, keyringIdIn, keyringPath, openKeyringFile } from './keyring-file.ts';
import type { KeyringSettings, OpenedKeyring } from './open-keyring.ts';

/** For tools: the keyring of a data folder, whose server may be running. */
export interface KeyringAtHand extends Required<Omit<OpenedKeyring, 'id'>> {
  readonly id: string;
}

/** @throws Failure `invalid_request` where nothing is encrypted, `key_unavailable` where the keyring is another one */
export async function withKeyring<T>(
  dataDir: string,
  settings: KeyringSettings,
  use: (keyring: KeyringAtHand) => Promise<T>,
): Promise<T> {
  return withDatabase(dataDir, async (database) => {
    const sealing = await openSealing({ database, clock: systemClock, durability: 'full', settings });
    try {
      const { upkeep } = sealing;
      if (!upkeep)
        throw new Failure('invalid_request', 'Nothing is encrypted: DARKROOM_MASTER_KEY is not set.');
      if (!upkeep.parts || !upkeep.id) throw new Failure('key_unavailable', sealing.faults().join('; '));
      return await use({ keyring: upkeep.keyring, parts: upkeep.parts, id: upkeep.id });
    } finally {
      sealing.close();
    }
  });
}

export interface KeyCheck {
  readonly keys: number;
  /** names of keys that no master key at hand opens */
  readonly unusable: readonly string[];
}

/** Unwraps every key. */
export async function checkKeys(
  { file, masters }: KeyringAtHand['parts'],
  signal?: AbortSignal,
): Promise<KeyCheck> {
  const unusable: string[] = [];
  let keys = 0;
  let last = '';
  for (;;) {
    signal?.throwIfAborted();
    const page = file.page(last, 500);
    const end = page.at(-1);
    if (!end) return { keys, unusable };
    for (const { name, key } of page) {
      keys += 1;
      try {
        masters.unwrap(name, key);
      } catch (error) {
        if (!isFailure(error, 'key_unavailable')) throw error;
        unusable.push(name);
      }
    }
    last = end.name;
    await nextTurn();
  }
}

/** Writes a copy of the keyring, as it is at one moment, into an empty folder; durable when it answers. */
export async function backupKeyring({ file }: KeyringAtHand['parts'], folder: string): Promise<void> {
  const target = resolve(folder);
  await assertEmpty(target);
  await onDisk(mkdir(target, { recursive: true, mode: 0o700 }));
  const connection = new DatabaseSync(file.path, { timeout: 10_000 });
  try {
    await backup(connection, keyringPath(target), { rate: 0x7fff_ffff });
  } finally {
    connection.close();
  }
  const disk = createDisk(target, 'full');
  for (const path of [keyringPath(target), target, resolve(target, '..')]) await disk.syncPath(path);
}

/**
 * Takes keys over from a copy of the keyring, into the one in use or in its place where that is lost: those of images
 * that are there, and that are not known as destroyed on either side. Answers how many.
 *
 * @throws Failure `invalid_request` where the copy is none of the keyring that encrypted the data
 */
export async function restoreKeyring(
  dataDir: string,
  { folder }: KeyringSettings,
  from: string,
): Promise<{ restored: number; images: number }> {
  return withDatabase(dataDir, async (database) => {
    const id = keyringIdIn(resolve(from));
    const expected = keyringOfData(database);
    if (id === undefined || id !== expected || (keyringIdIn(folder) ?? id) !== id) {
      const what = id === undefined ? 'holds no keyring' : 'is a copy of another keyring';
      throw new Failure(
        'invalid_request',
        `${from} ${what}. Name a copy of the one that encrypted this data.`,
      );
    }
    await onDisk(mkdir(folder, { recursive: true, mode: 0o700 }));
    const copy = openKeyringFile(resolve(from), { durability: 'full' });
    const file = openKeyringFile(folder, { durability: 'full', id });
    try {
      return await takeOver(file, copy, database);
    } finally {
      copy.database.close();
      file.database.close();
    }
  });
}

async function takeOver(file: KeyringFile, copy: KeyringFile, database: Database) {
  const { all } = createCatalogUpkeep({ database, clock: systemClock, onPurged: () => {} });
  let restored = 0;
  let images = 0;
  for await (const { record } of all()) {
    if (isGone(record.status)) continue;
    images += 1;
    const name = keyNameOf({ tenantId: record.tenant_id, imageId: record.image_id });
    const key = copy.isDestroyed(name) ? undefined : copy.find(name);
    if (!key || file.find(name) || file.isDestroyed(name)) continue;
    file.database.write(() => file.set(name, key));
    restored += 1;
  }
  return { restored, images };
}

async function withDatabase<T>(dataDir: string, use: (database: Database) => Promise<T>): Promise<T> {
  const folder = dataFolder(dataDir);
  await assertHasDatabase(folder);
  const database = openDatabase(folder.database, { durability: 'full' });
  try {
    return await use(database);
  } finally {
    database.close();
  }
}

/** What keeps the data from being decrypted, in words; undefined where nothing is encrypted. */
export async function keyringFaults(
  dataDir: string,
  settings: KeyringSettings,
): Promise<string[] | undefined> {
  return withDatabase(dataDir, async (database) => {
    const sealing = await openSealing({ database, clock: systemClock, durability: 'full', settings });
    try {
      return sealing.isOn ? sealing.faults() : undefined;
    } finally {
      sealing.close();
    }
  });
}
