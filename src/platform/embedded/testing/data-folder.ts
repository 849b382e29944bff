import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControlledClock } from '../../../images/clock.contract.ts';
import type { MasterKey } from '../../../images/keyring.ts';
import type { Platform } from '../../platform.ts';
import type { Durability } from '../disk.ts';
import { type KeyringSettings, keyringBeside } from '../keyring/open-keyring.ts';
import { openEmbedded } from '../platform.ts';

/** A platform in a folder of its own, whose leases go by the test's clock too. */
export interface TestPlatform extends Platform {
  readonly dataDir: string;
}

/** The one with which tests encrypt. */
export const TEST_MASTER: MasterKey = { id: 'test', key: Buffer.alloc(32, 0x5a) };

/** Encryption with {@link TEST_MASTER}, its keyring beside the data folder. */
export function testEncryption(dataDir: string): KeyringSettings {
  return { masterKeys: [TEST_MASTER], folder: keyringBeside(dataDir) };
}

/** The folder of a test's data, and its keyring. */
export async function removeData(dataDir: string): Promise<void> {
  for (const path of [dataDir, keyringBeside(dataDir)]) await rm(path, { recursive: true, force: true });
}

export async function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'darkroom-embedded-'));
}

/** Opens an empty platform; `close` takes its folder with it. */
export async function openTestPlatform(
  clock: ControlledClock,
  durability: Durability = 'full',
  isEncrypted = false,
): Promise<TestPlatform> {
  const dataDir = await newFolder();
  const monotonic = () => clock.now();
  const encryption = isEncrypted && { encryption: testEncryption(dataDir) };
  const platform = await openEmbedded({
    dataDir,
    clock,
    role: 'server',
    monotonic,
    durability,
    ...encryption,
  });
  return {
    ...platform,
    dataDir,
    async close() {
      await platform.close();
      await removeData(dataDir);
    },
  };
}

/** Paths of all files below a folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Bytes of all files below the folders. */
export async function bytesBelow(...folders: string[]): Promise<number> {
  let sum = 0;
  for (const folder of folders) for (const path of await filesBelow(folder)) sum += (await stat(path)).size;
  return sum;
}

/** The files below a folder in which the text can be read. */
export async function filesWith(folder: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of await filesBelow(folder)) if ((await readFile(path)).includes(text)) found.push(path);
  return found;
}
