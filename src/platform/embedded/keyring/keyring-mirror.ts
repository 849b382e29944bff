import { Failure } from '../../../failures.ts';
import type { KeyName } from '../../../images/keyring.ts';
import { createPurge } from '../purge.ts';
import type { KeyringFile, WrappedKey } from './keyring-file.ts';

/** The second place of a keyring. Calls are made while the first one holds its lock. */
export interface KeyringMirror {
  /** @throws Failure `storage_unavailable`: no key may be used that is in one place only */
  set(keys: readonly NamedKey[]): void;
  /**
   * Never throws: what the mirror misses it is told with the next write that succeeds, and at the next start at the
   * latest, where a destroyed key wins over a live one.
   */
  destroy(names: readonly KeyName[], at: number): void;
  /** @throws Failure `storage_unavailable` */
  rewrap(keys: readonly NamedKey[]): void;
  /** Rids the log of what was overwritten. */
  purge(): void;
  faults(): string[];
  close(): void;
}

export interface NamedKey {
  readonly name: KeyName;
  readonly key: WrappedKey;
}

export const noMirror: KeyringMirror = {
  set() {},
  destroy() {},
  rewrap() {},
  purge() {},
  faults: () => [],
  close() {},
};

export function createMirror(file: KeyringFile): KeyringMirror {
  const purge = createPurge(file.database);
  const missed: { readonly name: KeyName; readonly at: number }[] = [];
  let isFailing = false;

  /** Writes, and before it what was missed. */
  function write(work: () => void): void {
    try {
      file.database.write(() => {
        for (const { name, at } of missed) file.destroy(name, at);
        work();
      });
    } catch (error) {
      isFailing = true;
      throw unavailable(error);
    }
    isFailing = false;
    if (missed.length > 0) purge.ask();
    missed.length = 0;
  }

  return {
    set(keys) {
      if (keys.length === 0) return;
      write(() => {
        for (const { name, key } of keys) file.set(name, key);
      });
    },
    destroy(names, at) {
      missed.push(...names.map((name) => ({ name, at })));
      try {
        write(() => {});
      } catch {
        // `faults` tells.
      }
    },
    rewrap(keys) {
      if (keys.length === 0 && missed.length === 0) return;
      write(() => {
        for (const { name, key } of keys) file.rewrap(name, key);
      });
    },
    purge: purge.ask,
    faults: () => (isFailing ? ['the mirror of the keyring cannot be written: no new image is taken'] : []),
    close() {
      purge.close();
      file.database.close();
    },
  };
}

/** The place of a mirror that could not be opened: keys can be used and destroyed, but no new ones are made. */
export function missingMirror(folder: string, cause: unknown): KeyringMirror {
  const refuse = () => {
    throw unavailable(cause);
  };
  return {
    ...noMirror,
    set: (keys) => (keys.length > 0 ? refuse() : undefined),
    rewrap: (keys) => (keys.length > 0 ? refuse() : undefined),
    faults: () => [`the mirror of the keyring in ${folder} cannot be opened`],
  };
}

function unavailable(cause: unknown): Failure {
  const message = 'The mirror of the keyring cannot be written: no new image is taken. Try again later.';
  return new Failure('storage_unavailable', message, { cause });
}
