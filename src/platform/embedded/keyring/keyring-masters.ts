import { Failure } from '../../../failures.ts';
import type { DataKey, KeyName, MasterKey } from '../../../images/keyring.ts';
import { unwrap, wrap } from '../../sealed/wrapping.ts';
import type { KeyringFile, WrappedKey } from './keyring-file.ts';

/** The master keys that were given: the first one wraps, all of them unwrap. */
export class Masters {
  readonly #masters: readonly MasterKey[];

  constructor(masters: readonly MasterKey[]) {
    this.#masters = masters;
  }

  /** @throws Failure `key_unavailable` where none was given */
  get current(): MasterKey {
    const [first] = this.#masters;
    if (first) return first;
    throw new Failure('key_unavailable', NONE_GIVEN);
  }

  get areGiven(): boolean {
    return this.#masters.length > 0;
  }

  wrap(name: KeyName, dataKey: DataKey): WrappedKey {
    return { master: this.current.id, wrapped: wrap(this.current, name, dataKey) };
  }

  /** @throws Failure `key_unavailable` where the master key was not given, or is another than the one that wrapped it */
  unwrap(name: KeyName, { master: id, wrapped }: WrappedKey): DataKey {
    if (!this.areGiven) throw new Failure('key_unavailable', NONE_GIVEN);
    const master = this.#masters.find((known) => known.id === id);
    if (!master) throw new Failure('key_unavailable', notGiven(id));
    const dataKey = unwrap(master, name, wrapped);
    if (dataKey) return dataKey;
    throw new Failure(
      'key_unavailable',
      `Master key ${id} is not the one that wrapped a key, or that is damaged.`,
    );
  }

  /** What keys of a file cannot be used for want of a master key, in words. One of each kind is tried. */
  faultsWith(file: KeyringFile): string[] {
    if (!this.areGiven) return [lowered(NONE_GIVEN)];
    const ids = Object.entries(file.counts().keys);
    const faults: string[] = [];
    for (const [id, count] of ids) {
      const sample = file.sample(id);
      if (!this.#masters.some((known) => known.id === id)) {
        faults.push(`${lowered(notGiven(id))} (${count} keys)`);
      } else if (sample && !this.#opens(sample)) {
        faults.push(`the master key given under the name ${id} is not the one that wrapped ${count} keys`);
      }
    }
    return faults;
  }

  #opens({ name, key }: { name: KeyName; key: WrappedKey }): boolean {
    return this.#masters.some((master) => master.id === key.master && unwrap(master, name, key.wrapped));
  }
}

const NONE_GIVEN =
  'The data is encrypted, and no master key was given. Set DARKROOM_MASTER_KEY to the one it was encrypted with.';

function notGiven(id: string): string {
  return `Data is encrypted under master key ${id}, which was not given. Add it to DARKROOM_MASTER_KEY.`;
}

function lowered(sentence: string): string {
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/, '')}`;
}
