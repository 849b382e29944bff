import { randomBytes } from 'node:crypto';
import { Failure } from '../../failures.ts';
import type { DataKey, KeyName, Keyring } from '../keyring.ts';

/** A keyring that forgets everything with the test. */
export function createMemoryKeyring(): Keyring {
  const keys = new Map<KeyName, DataKey>();
  const destroyed = new Set<KeyName>();
  const assertNotDestroyed = (name: KeyName) => {
    if (destroyed.has(name)) throw new Failure('key_destroyed', 'The key of this image has been destroyed.');
  };
  return {
    async create(name) {
      assertNotDestroyed(name);
      const key = keys.get(name) ?? randomBytes(32);
      keys.set(name, key);
      return key;
    },
    async open(name) {
      assertNotDestroyed(name);
      const key = keys.get(name);
      if (!key) throw new Failure('key_unavailable', 'There is no key for this image.');
      return key;
    },
    async destroy(names) {
      for (const name of names) {
        keys.delete(name);
        destroyed.add(name);
      }
    },
    async state(name) {
      if (destroyed.has(name)) return 'destroyed';
      return keys.has(name) ? 'live' : 'none';
    },
  };
}
