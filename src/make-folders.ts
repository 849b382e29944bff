import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder with those above it, one after the other. Node's own recursive `mkdir` never ends where a system
 * denies that the folder above is there although it is, as Linux does under /proc.
 *
 * @param path absolute
 * @param mode of the folders that are made
 * @returns the first that was made; nothing where all were there
 * @throws {@link NotAFolder}; what the system says where a folder cannot be made
 */
export async function makeFolders(path: string, mode = 0o777): Promise<string | undefined> {
  const missing: string[] = [];
  for (let folder = path; !(await isThere(folder)); folder = dirname(folder)) {
    missing.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  for (const folder of missing) {
    await mkdir(folder, { mode }).catch((error: NodeJS.ErrnoException) => {
      // somebody else was quicker
      if (error.code !== 'EEXIST') throw error;
    });
  }
  return missing[0];
}

/** There is a file where a folder is to be. */
export class NotAFolder extends Error {
  override readonly name = 'NotAFolder';
  readonly path: string;

  constructor(path: string) {
    super(`${path} is a file, not a folder`);
    this.path = path;
  }
}

async function isThere(path: string): Promise<boolean> {
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (facts && !facts.isDirectory()) throw new NotAFolder(path);
  return facts !== undefined;
}
