import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { namesAddress } from '../../identity/mail-address.ts';
import { isMissing, onDisk } from './disk.ts';

/** Deletes the mails of a mailbox folder that speak of an address; answers how many. No folder holds none. */
export async function forgetMails(folder: string, address: string): Promise<number> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  let forgotten = 0;
  for (const name of names) {
    const path = join(folder, name);
    const mail = await onDisk(readFile(path, 'latin1'));
    if (!namesAddress(mail, address)) continue;
    await onDisk(unlink(path));
    forgotten += 1;
  }
  return forgotten;
}
