import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Failure } from '../../failures.ts';
import { isBusy } from './sqlite-failures.ts';

/** How long a server that is just ending may still hold the folder, milliseconds. */
const PATIENCE = 1_000;

/**
 * Makes this process the only server of the data folder for as long as it lives. SQLite's exclusive lock is the
 * kernel's: it goes with the process, also after kill -9.
 *
 * @returns what gives the folder free
 * @throws Failure `data_folder_in_use`
 */
export function lockDataFolder(dataDir: string): () => void {
  const lock = new DatabaseSync(join(dataDir, 'lock.db'), { timeout: PATIENCE });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new Failure(
      'data_folder_in_use',
      `Another Darkroom works on ${dataDir}. Stop it, or give this one another folder with DARKROOM_DATA.`,
    );
  }
  return () => {
    if (lock.isOpen) lock.close();
  };
}
