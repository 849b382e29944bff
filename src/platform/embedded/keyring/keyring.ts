import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Failure } from '../../../failures.ts';
import type { Clock } from '../../../images/clock.ts';
import type { DataKey, KeyName, Keyring, KeyState } from '../../../images/keyring.ts';
import { createPurge, type Purge } from '../purge.ts';
import type { KeyringFile } from './keyring-file.ts';
import type { Masters } from './keyring-masters.ts';
import type { KeyringMirror } from './keyring-mirror.ts';

export interface EmbeddedKeyring extends Keyring {
  /** What keeps keys from being used, in words; `[]` is well. */
  faults(): string[];
  /** Wraps every key by the first master key; answers how many were wrapped by another. May be repeated after a crash. */
  rotate(signal?: AbortSignal): Promise<number>;
  close(): void;
}

export interface KeyringDeps {
  readonly file: KeyringFile;
  readonly mirror: KeyringMirror;
  readonly masters: Masters;
  readonly clock: Clock;
}

/** Opened keys that are remembered: unwrapping one costs a look into the file. */
const MOST_REMEMBERED = 10_000;
const BATCH = 500;
/** How often it is looked whether all master keys are there, milliseconds. */
const LOOK_EVERY_MS = 60_000;

/**
 * Keys in a SQLite file, and in a mirror of it. A key is in both, durably, before anybody gets it. Those asked for at
 * the same time are written together: one wait for the disk for all of them.
 */
export function createKeyring(deps: KeyringDeps): EmbeddedKeyring {
  return new FileKeyring(deps);
}

interface Wanted {
  readonly name: KeyName;
  readonly done: PromiseWithResolvers<DataKey>;
}

class FileKeyring implements EmbeddedKeyring {
  readonly #deps: KeyringDeps;
  readonly #purge: Purge;
  readonly #remembered = new Map<KeyName, DataKey>();
  readonly #wanted = new Map<KeyName, Wanted>();
  #faultsOfMasters: string[] = [];
  #lookAgainAt = 0;

  constructor(deps: KeyringDeps) {
    this.#deps = deps;
    this.#purge = createPurge(deps.file.database);
  }

  async create(name: KeyName): Promise<DataKey> {
    const known = this.#remembered.get(name) ?? this.#look(name);
    if (known) return known;
    // A key that was mistyped must not wrap what nobody could open once it is set right.
    const [fault] = this.#mastersMissing();
    if (fault !== undefined) {
      throw new Failure('key_unavailable', `Nothing new is encrypted: ${fault}.`);
    }
    const wanted = this.#wanted.get(name) ?? { name, done: Promise.withResolvers<DataKey>() };
    if (this.#wanted.size === 0) setImmediate(() => this.#makeWanted());
    this.#wanted.set(name, wanted);
    return wanted.done.promise;
  }

  async open(name: KeyName): Promise<DataKey> {
    const known = this.#remembered.get(name) ?? this.#look(name);
    if (known) return known;
    throw new Failure(
      'key_unavailable',
      'The keyring has no key for this data. Was it restored from a copy?',
    );
  }

  async destroy(names: readonly KeyName[]): Promise<void> {
    const { file, mirror, clock } = this.#deps;
    if (names.length === 0) return;
    const at = clock.now();
    for (const name of names) this.#remembered.delete(name);
    file.database.write(() => {
      for (const name of names) file.destroy(name, at);
    });
    // The bytes of a deleted row are overwritten; what the log still holds of them goes now, or within a second.
    this.#purge.ask();
    mirror.destroy(names, at);
  }

  async state(name: KeyName): Promise<KeyState> {
    const { file } = this.#deps;
    if (file.isDestroyed(name)) return 'destroyed';
    return file.find(name) ? 'live' : 'none';
  }

  faults(): string[] {
    return [...this.#mastersMissing(), ...this.#deps.mirror.faults()];
  }

  #mastersMissing(): readonly string[] {
    const { file, masters } = this.#deps;
    const now = performance.now();
    // It is asked every few seconds, and counts all keys.
    if (now >= this.#lookAgainAt) {
      this.#faultsOfMasters = masters.faultsWith(file);
      this.#lookAgainAt = now + LOOK_EVERY_MS;
    }
    return this.#faultsOfMasters;
  }

  async rotate(signal?: AbortSignal): Promise<number> {
    let rewrapped = 0;
    let last = '';
    for (;;) {
      signal?.throwIfAborted();
      const page = this.#deps.file.page(last, BATCH);
      const end = page.at(-1);
      if (!end) break;
      rewrapped += this.#rewrap(page);
      last = end.name;
      await nextTurn();
    }
    // What the old master key could open goes from the log as well.
    this.#purge.ask();
    this.#deps.mirror.purge();
    return rewrapped;
  }

  close(): void {
    this.#makeWanted();
    this.#purge.close();
    this.#deps.mirror.close();
    this.#deps.file.database.close();
    this.#remembered.clear();
  }

  /** The key as the file has it. */
  #look(name: KeyName): DataKey | undefined {
    const { file, masters } = this.#deps;
    const row = file.find(name);
    if (row) return this.#remember(name, masters.unwrap(name, row));
    if (file.isDestroyed(name)) throw destroyed();
    return undefined;
  }

  #makeWanted(): void {
    const wanted = [...this.#wanted.values()];
    this.#wanted.clear();
    if (wanted.length === 0) return;
    try {
      const made = this.#makeAll(wanted.map(({ name }) => name));
      for (const { name, done } of wanted) {
        const key = made.get(name);
        if (key) done.resolve(this.#remember(name, key));
        else done.reject(destroyed());
      }
    } catch (error) {
      for (const { done } of wanted) done.reject(error);
    }
  }

  /** Makes keys in one transaction, during which no other process makes any; those destroyed meanwhile are left out. */
  #makeAll(names: readonly KeyName[]): Map<KeyName, DataKey> {
    const { file, mirror, masters } = this.#deps;
    const made = new Map<KeyName, DataKey>();
    file.database.write(() => {
      for (const name of names) {
        if (file.isDestroyed(name)) continue;
        const there = file.find(name);
        const key = there ? masters.unwrap(name, there) : randomBytes(32);
        if (!there) file.set(name, masters.wrap(name, key));
        made.set(name, key);
      }
      // Before the commit here: a key in use is in both, and one that only the mirror has was never in use.
      mirror.set([...made.keys()].map((name) => ({ name, key: stored(file, name) })));
    });
    return made;
  }

  #rewrap(page: ReturnType<KeyringFile['page']>): number {
    const { file, mirror, masters } = this.#deps;
    const changed = page
      .filter(({ key }) => key.master !== masters.current.id)
      .map(({ name, key }) => ({ name, key: masters.wrap(name, masters.unwrap(name, key)) }));
    file.database.write(() => {
      for (const { name, key } of changed) file.rewrap(name, key);
      mirror.rewrap(changed);
    });
    return changed.length;
  }

  #remember(name: KeyName, key: DataKey): DataKey {
    this.#remembered.delete(name);
    this.#remembered.set(name, key);
    const oldest = this.#remembered.keys().next().value;
    if (this.#remembered.size > MOST_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
    return key;
  }
}

function stored(file: KeyringFile, name: KeyName) {
  const key = file.find(name);
  if (!key) throw new Error('a key that was just written is not there');
  return key;
}

function destroyed(): Failure {
  return new Failure('key_destroyed', 'The key of this image has been destroyed: nothing of it can be read.');
}
