import { Failure, isFailure } from '../../failures.ts';
import { systemClock } from '../../images/clock.ts';
import { sealObjects } from '../sealed/sealed-objects.ts';
import { assertHasDatabase, dataFolder } from './data-folder.ts';
import { openDatabase } from './database.ts';
import { createDisk } from './disk.ts';
import type { KeyringSettings } from './keyring/open-keyring.ts';
import { createWorkNames } from './leftovers.ts';
import { createObjectStore } from './object-store.ts';
import { keyringOfData, openSealing } from './sealing.ts';

export interface SealReport {
  readonly looked_at: number;
  readonly sealed: number;
  /** keys of objects that could not be sealed, and why */
  readonly failed: readonly { readonly key: string; readonly detail: string }[];
}

export interface SealOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: { lookedAt: number; sealed: number }) => void;
}

/**
 * Encrypts what was stored before there was a key. The server may be running, with the key; repeating it is harmless.
 * Once nothing is left, the next start takes an object that is not encrypted for damaged.
 *
 * @throws Failure `invalid_request` where the service has not been started with a key yet
 */
export async function sealData(
  dataDir: string,
  settings: KeyringSettings,
  { signal, onProgress }: SealOptions = {},
): Promise<SealReport> {
  const folder = dataFolder(dataDir);
  await assertHasDatabase(folder);
  const database = openDatabase(folder.database, { durability: 'full' });
  try {
    if (keyringOfData(database) === undefined) throw notStartedYet();
    const sealing = await openSealing({ database, clock: systemClock, durability: 'full', settings });
    try {
      const disk = createDisk(folder.root, 'full');
      const store = createObjectStore({ disk, names: createWorkNames(), folders: folder });
      const sealed = sealObjects({ store, keyring: sealing.keyring, unsealed: () => 'accepted' });
      const report = { looked_at: 0, sealed: 0, failed: [] as { key: string; detail: string }[] };
      for await (const { key } of store.list('')) {
        signal?.throwIfAborted();
        report.looked_at += 1;
        try {
          if (!(await sealed.isSealed(key))) {
            const { stream } = await sealed.read(key);
            await sealed.put(key, stream, { attributes: { contentType: 'application/octet-stream' } });
            report.sealed += 1;
          }
        } catch (error) {
          // It was deleted meanwhile, or its image erased.
          if (!isFailure(error, 'object_not_found', 'key_destroyed')) {
            report.failed.push({ key, detail: error instanceof Error ? error.message : String(error) });
          }
        }
        onProgress?.({ lookedAt: report.looked_at, sealed: report.sealed });
      }
      if (report.failed.length === 0) sealing.allIsSealed();
      return report;
    } finally {
      sealing.close();
    }
  } finally {
    database.close();
  }
}

function notStartedYet(): Failure {
  return new Failure(
    'invalid_request',
    'This data is not encrypted yet. Start the service with DARKROOM_MASTER_KEY first, then seal what is older.',
  );
}
