import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { brokenPromises, drain } from '../crash/oracle.ts';
import { darkroom } from '../harness/cli.ts';
import { type History, startLoad } from '../harness/load.ts';
import { ENCRYPTED, TestServer } from '../harness/server.ts';
import { Disk } from './disk.ts';

export interface CutOptions {
  readonly jpeg: Buffer;
  readonly random: () => number;
  /** DARKROOM_UNSAFE_NO_SYNC: the server lies about durability, and the trial has to find out */
  readonly withoutSync: boolean;
  /** with a master key; the keyring is on the same disk */
  readonly encrypted: boolean;
}

export interface CutOutcome {
  readonly acknowledged: number;
  /** empty is passed */
  readonly broken: string[];
}

/** Milliseconds of load before the cut. Well under the 30 s after which the kernel writes things back by itself. */
const SHORTEST_LIFE = 200;
const LONGEST_LIFE = 4_000;
const PATIENCE_MS = 60_000;

/** One power cut: uploads on a fresh disk, the cut, a new start from what the disk then had. */
export async function powerCut(options: CutOptions): Promise<CutOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-power-'));
  try {
    const { history, after } = await loadUntilCut(folder, options);
    try {
      const broken = await wrongAfterCut(after, history, options);
      return { acknowledged: history.acknowledged.length, broken };
    } finally {
      await after.unmount();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function loadUntilCut(folder: string, options: CutOptions): Promise<{ history: History; after: Disk }> {
  const disk = await Disk.create(folder, 'before');
  try {
    const server = await TestServer.start({ dataDir: dataOn(disk), env: settings(options) });
    const load = startLoad(server, { jpeg: options.jpeg, workers: 8, restMs: 20, random: options.random });
    await sleep(SHORTEST_LIFE + options.random() * (LONGEST_LIFE - SHORTEST_LIFE));
    await server.kill9();
    const after = await disk.cut(folder, 'after');
    await load.stop({ finish: false });
    return { history: load.history, after };
  } finally {
    await disk.unmount();
  }
}

/** A server that lied may not even start again: that counts as broken too. */
async function wrongAfterCut(disk: Disk, history: History, options: CutOptions): Promise<string[]> {
  const dataDir = dataOn(disk);
  const broken: string[] = [];
  let server: TestServer | undefined;
  try {
    server = await TestServer.start({ dataDir, env: settings(options) });
    const { stuck } = await drain(server, 0, PATIENCE_MS);
    broken.push(...stuck, ...(await brokenPromises(server, history)));
  } catch (error) {
    broken.push(error instanceof Error ? error.message : String(error));
  } finally {
    await server?.stop();
  }
  const verified = await darkroom(['verify'], {
    DARKROOM_DATA: dataDir,
    ...(options.encrypted ? ENCRYPTED : {}),
  });
  if (verified.code !== 0)
    broken.push(`darkroom verify ended with ${verified.code}: ${verified.stdout.trim()}`);
  return broken;
}

const dataOn = (disk: Disk) => join(disk.mountPoint, 'data');

function settings({ withoutSync, encrypted }: CutOptions): Record<string, string> {
  const more = encrypted ? ENCRYPTED : {};
  return { DARKROOM_RENDERERS: '2', ...more, ...(withoutSync ? { DARKROOM_UNSAFE_NO_SYNC: 'true' } : {}) };
}
