import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../failures.ts';

/** File systems whose locks and shared memory SQLite cannot rely on, by `statfs` type: linux/magic.h. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x5346414f, 'AFS'],
]);

/** @throws Failure `invalid_settings` where the folder is not on a disk of this machine */
export async function assertLocal(folder: string): Promise<void> {
  const { type } = await statfs(folder);
  const name = NETWORK.get(type >>> 0);
  if (name === undefined) return;
  throw new Failure(
    'invalid_settings',
    `${folder} lies on a network file system (${name}), where a database is not safe. Set DARKROOM_DATA to a folder on a disk of this machine.`,
  );
}

/** File systems that are gone with their container or with the next restart, by `statfs` type. */
const FLEETING: ReadonlyMap<number, string> = new Map([
  [0x794c7630, 'overlay, gone with the container'],
  [0x01021994, 'tmpfs, gone with the next restart'],
]);

/**
 * Keys that are gone sooner than the data take all of it along.
 *
 * @param keyring a folder that need not be there yet
 * @throws Failure `invalid_settings` where the keyring is to lie on a file system that does not last, and the data on one that does
 */
export async function assertLastsLikeData(keyring: string, dataDir: string): Promise<void> {
  const [ofKeyring, ofData] = await Promise.all([typeOfNearest(keyring), typeOfNearest(dataDir)]);
  const why = FLEETING.get(ofKeyring);
  if (why === undefined || ofKeyring === ofData) return;
  throw new Failure(
    'invalid_settings',
    `DARKROOM_KEYRING: ${keyring} would lie on ${why}, and all data would be lost with it. Name a folder on a disk that lasts, a mounted volume for example.`,
  );
}

async function typeOfNearest(path: string): Promise<number> {
  try {
    return (await statfs(path)).type >>> 0;
  } catch (error) {
    if (dirname(path) === path) throw error;
    return typeOfNearest(dirname(path));
  }
}
