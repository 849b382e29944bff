import { statfs } from 'node:fs/promises';
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
