import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../../../failures.ts';
import type { Clock } from '../../../images/clock.ts';
import type { Keyring, MasterKey } from '../../../images/keyring.ts';
import { createDisk, type Durability, onDisk } from '../disk.ts';
import { assertLocal } from '../file-system.ts';
import { createKeyring, type EmbeddedKeyring } from './keyring.ts';
import { type KeyringFile, keyringIdIn, openKeyringFile } from './keyring-file.ts';
import { Masters } from './keyring-masters.ts';
import { mergeKeyrings } from './keyring-merge.ts';
import { createMirror, type KeyringMirror, missingMirror, noMirror } from './keyring-mirror.ts';

/** Where the keys are, and what opens them. */
export interface KeyringSettings {
  /** the first one wraps; none reads what was never sealed, and nothing else */
  readonly masterKeys: readonly MasterKey[];
  readonly folder: string;
  /** a second place, on another disk */
  readonly mirror?: string;
}

/**
 * Where a keyring is unless it is told: beside the data folder, not in it, so that whoever copies the one does not
 * take the keys along.
 */
export function keyringBeside(dataDir: string): string {
  return `${resolve(dataDir)}-keyring`;
}

export interface OpenKeyringOptions extends KeyringSettings {
  readonly durability: Durability;
  readonly clock: Clock;
  /** id of the keyring with which the data at hand was sealed, where any was */
  readonly expectedId?: string;
}

export interface OpenedKeyring {
  readonly keyring: EmbeddedKeyring;
  readonly id: string | undefined;
  /** what it is made of; absent where it is locked */
  readonly parts?: { readonly file: KeyringFile; readonly masters: Masters };
}

/**
 * Opens the keyring; undefined where no key is given and nothing was ever sealed.
 *
 * A keyring that is not the one of the data is never replaced by a new one: everything stays locked, and
 * {@link EmbeddedKeyring.faults} says why.
 */
export async function openKeyring(options: OpenKeyringOptions): Promise<OpenedKeyring | undefined> {
  const { masterKeys, expectedId } = options;
  if (masterKeys.length === 0 && expectedId === undefined) return undefined;
  const [folder, mirror] = [resolve(options.folder), options.mirror && resolve(options.mirror)];
  const idOfMirror = mirror === undefined ? undefined : keyringIdIn(mirror);
  const id = keyringIdIn(folder) ?? idOfMirror;
  if (expectedId !== undefined && id !== expectedId) return { keyring: locked(wrongKeyring(folder, id)), id };
  if (idOfMirror !== undefined && idOfMirror !== id) {
    return { keyring: locked(`${mirror} holds the mirror of another keyring than ${folder}`), id };
  }
  const opened = await openFile(folder, options, id);
  try {
    const other = mirror === undefined ? noMirror : await openMirror(mirror, opened, options);
    const deps = { file: opened, mirror: other, masters: new Masters(masterKeys), clock: options.clock };
    return { keyring: createKeyring(deps), id: opened.id, parts: deps };
  } catch (error) {
    opened.database.close();
    throw error;
  }
}

async function openFile(
  folder: string,
  { durability }: OpenKeyringOptions,
  id: string | undefined,
): Promise<KeyringFile> {
  await onDisk(mkdir(folder, { recursive: true, mode: 0o700 }));
  await assertLocal(folder);
  const disk = createDisk(folder, durability);
  const file = openKeyringFile(folder, { durability, disk, ...(id !== undefined && { id }) });
  // The name of a file that was just made, and that of its folder.
  await disk.syncPath(folder);
  await disk.syncPath(resolve(folder, '..'));
  return file;
}

async function openMirror(
  folder: string,
  file: KeyringFile,
  options: OpenKeyringOptions,
): Promise<KeyringMirror> {
  let mirror: KeyringFile;
  try {
    mirror = await openFile(folder, options, file.id);
  } catch (error) {
    return missingMirror(folder, error);
  }
  try {
    mergeKeyrings(file, mirror);
    return createMirror(mirror);
  } catch (error) {
    mirror.database.close();
    return missingMirror(folder, error);
  }
}

function wrongKeyring(folder: string, found: string | undefined): string {
  const what = found === undefined ? 'there is no keyring' : 'there is another keyring';
  return `the data is encrypted, and ${what} in ${folder}, not the one it was encrypted with: set DARKROOM_KEYRING to its folder, or restore it with "darkroom keyring restore"`;
}

/** Nothing can be sealed, opened or destroyed. */
function locked(reason: string): EmbeddedKeyring {
  const refuse = async () => {
    throw new Failure('key_unavailable', `No key can be used: ${reason}.`);
  };
  return {
    create: refuse,
    open: refuse,
    destroy: refuse,
    state: refuse,
    rotate: refuse,
    faults: () => [reason],
    close() {},
  };
}

/** Where nothing was ever sealed there is nothing to destroy. */
export const noKeyring: Keyring = {
  create: () => Promise.reject(notOn()),
  open: () => Promise.reject(notOn()),
  destroy: async () => {},
  state: async () => 'none',
};

function notOn(): Failure {
  return new Failure('key_unavailable', 'Encryption is not on. Set DARKROOM_MASTER_KEY to turn it on.');
}
