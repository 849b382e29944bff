import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './disk.ts';

/**
 * Names for work under way (`{process id}-{random}.tmp`), so that what interrupted work left behind can be told from
 * what somebody still works on.
 */
export interface WorkNames {
  /** A new name, in use until it is given back. */
  take(): string;
  giveBack(name: string): void;
  /** True where the name is in use in this process. */
  inUse(name: string): boolean;
}

const SUFFIX = '.tmp';

export function createWorkNames(): WorkNames {
  const taken = new Set<string>();
  return {
    take() {
      const name = `${process.pid}-${randomUUID()}${SUFFIX}`;
      taken.add(name);
      return name;
    },
    giveBack: (name) => void taken.delete(name),
    inUse: (name) => taken.has(name),
  };
}

/**
 * Removes what interrupted work left in the folders: of processes that are dead at once, of others after
 * `olderThan` milliseconds. Answers how many entries went.
 */
export async function removeLeftovers(
  folders: readonly string[],
  names: WorkNames,
  olderThan: number,
): Promise<number> {
  let removed = 0;
  for (const folder of folders) {
    for (const name of await readdir(folder)) {
      if (!name.endsWith(SUFFIX) || names.inUse(name)) continue;
      if (isAlive(name) && (await age(join(folder, name))) < olderThan) continue;
      await rm(join(folder, name), { recursive: true, force: true });
      removed += 1;
    }
  }
  return removed;
}

/** Another process that lives; this one says itself what it works on. */
function isAlive(name: string): boolean {
  const pid = Number.parseInt(name, 10);
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Milliseconds since the last change, by the clock that the file system uses. */
async function age(path: string): Promise<number> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
