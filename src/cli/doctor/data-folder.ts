import { constants, existsSync } from 'node:fs';
import { access, mkdtemp, open, realpath, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatBytes } from '../text/format.ts';
import { type Check, type Finding, failed, ok, warning } from './check.ts';
import { type Durability, fileSystemOf } from './file-system.ts';

const LEAST_FREE = 500e6;
const COMFORTABLE_FREE = 5e9;
/** Farther apart, and the clock of a file server would expire images at another time than ours. */
const CLOCK_TOLERANCE_MS = 5000;

/** Where the data goes. A folder that is not there yet is judged by the one it would be made in. */
export const dataFolderChecks: readonly Check[] = [
  {
    name: 'data folder',
    mend: 'give the user that runs Darkroom the right to write there, or set DARKROOM_DATA',
    async look({ dataDir }) {
      const folder = nearestExisting(dataDir);
      await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
      const skewMs = await tryWriting(folder);
      const detail =
        folder === dataDir ? `${dataDir}, written, synced and renamed` : `${dataDir}, to be made`;
      if (Math.abs(skewMs) <= CLOCK_TOLERANCE_MS) return ok(detail);
      return warning(`${detail}; its clock is not this machine's`, 'set both clocks by NTP');
    },
  },
  {
    name: 'free space',
    mend: 'make room, or set DARKROOM_DATA to a folder on a larger disk',
    async look({ dataDir }) {
      const { bavail, bsize } = await statfs(nearestExisting(dataDir));
      return judgeSpace(bavail * bsize);
    },
  },
  {
    name: 'file system',
    mend: 'set DARKROOM_DATA to a folder on a local disk',
    async look({ dataDir }) {
      const { assertLocal } = await import('../../platform/embedded/file-system.ts');
      const folder = await realpath(nearestExisting(dataDir));
      await assertLocal(folder);
      const { type, durability } = await fileSystemOf(folder);
      const concern = concerns[durability];
      if (concern) return warning(`${type}: ${concern.detail}`, concern.mend);
      return ok(type);
    },
  },
  {
    name: 'inbox',
    mend: 'make the folder of DARKROOM_INBOX and give the user that runs Darkroom the right to write there',
    async look({ inboxDir }) {
      if (inboxDir === undefined) return ok('none is watched');
      await access(inboxDir, constants.R_OK | constants.W_OK | constants.X_OK);
      return ok(inboxDir);
    },
  },
];

const local = 'set DARKROOM_DATA to a folder on a local disk';
const concerns: Readonly<Partial<Record<Durability, { detail: string; mend: string }>>> = {
  network: { detail: "SQLite's locks and syncs are not safe over a network", mend: local },
  memory: { detail: 'what is stored there is gone when the machine restarts', mend: local },
  container: {
    detail: 'what is stored there is gone with its container',
    mend: 'mount a volume and set DARKROOM_DATA to a folder in it',
  },
};

function judgeSpace(free: number): Finding {
  const detail = `${formatBytes(free)} free`;
  const mend = 'make room, or set DARKROOM_DATA to a folder on a larger disk';
  if (free < LEAST_FREE) return failed(detail, mend);
  return free < COMFORTABLE_FREE ? warning(detail, mend) : ok(detail);
}

/** Does what storing an image does, and answers how far the file system's clock is from ours, milliseconds. */
async function tryWriting(folder: string): Promise<number> {
  const scratch = await mkdtemp(join(folder, '.darkroom-doctor-'));
  try {
    const [temporary, final] = [join(scratch, 'a'), join(scratch, 'b')];
    const file = await open(temporary, 'wx');
    await file.writeFile('Darkroom was here');
    await file.sync();
    await file.close();
    await rename(temporary, final);
    return (await stat(final)).mtimeMs - Date.now();
  } finally {
    await rm(scratch, { recursive: true });
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
