import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Keyring, keyNameOf } from './keyring.ts';

export interface KeyringUnderTest {
  readonly keyring: Keyring;
  close(): Promise<void>;
}

const ONE = keyNameOf({ tenantId: 't', imageId: 'one' });
const OTHER = keyNameOf({ tenantId: 't', imageId: 'other' });
const MANY = Array.from({ length: 1_200 }, (_, number) =>
  keyNameOf({ tenantId: 't', imageId: String(number) }),
);

export function keyringContract(name: string, open: () => Promise<KeyringUnderTest>): void {
  describe(`${name} keeps the Keyring contract`, () => {
    let opened: KeyringUnderTest;
    let keyring: Keyring;
    beforeEach(async () => {
      opened = await open();
      keyring = opened.keyring;
    });
    afterEach(() => opened.close());

    it('makes a key of 256 bits once, and answers the same from then on', async () => {
      expect(await keyring.state(ONE)).toBe('none');
      const key = await keyring.create(ONE);
      expect(key).toHaveLength(32);
      expect(await keyring.create(ONE)).toEqual(key);
      expect(await keyring.open(ONE)).toEqual(key);
      expect(await keyring.state(ONE)).toBe('live');
    });

    it('gives every name a key of its own', async () => {
      expect(await keyring.create(ONE)).not.toEqual(await keyring.create(OTHER));
    });

    it('makes one key for all who ask at once', async () => {
      const keys = await Promise.all(Array.from({ length: 50 }, () => keyring.create(ONE)));
      for (const key of keys) expect(key).toEqual(keys[0]);
      expect(await keyring.open(ONE)).toEqual(keys[0]);
    });

    it('opens nothing that was not made', async () => {
      await expect(keyring.open(ONE)).rejects.toMatchObject({ code: 'key_unavailable' });
      expect(await keyring.state(ONE)).toBe('none');
    });

    it('destroys keys for good', async () => {
      await keyring.create(ONE);
      const kept = await keyring.create(OTHER);
      await keyring.destroy([ONE]);
      await keyring.destroy([ONE]);
      expect(await keyring.state(ONE)).toBe('destroyed');
      await expect(keyring.open(ONE)).rejects.toMatchObject({ code: 'key_destroyed' });
      await expect(keyring.create(ONE)).rejects.toMatchObject({ code: 'key_destroyed' });
      expect(await keyring.open(OTHER)).toEqual(kept);
    });

    it('remembers the destruction of what was never there, so that none is made later', async () => {
      await keyring.destroy([ONE]);
      expect(await keyring.state(ONE)).toBe('destroyed');
      await expect(keyring.create(ONE)).rejects.toMatchObject({ code: 'key_destroyed' });
    });

    it('never both makes and destroys: who is told of a key may use it, and then it is gone', async () => {
      for (const name of MANY.slice(0, 20)) {
        const making = keyring.create(name).catch((error: unknown) => error);
        await keyring.destroy([name]);
        await making;
        expect(await keyring.state(name)).toBe('destroyed');
        await expect(keyring.open(name)).rejects.toMatchObject({ code: 'key_destroyed' });
      }
    });

    it('refuses only what is destroyed among many that are asked for together', async () => {
      await keyring.destroy([ONE]);
      const [gone, made] = await Promise.allSettled([keyring.create(ONE), keyring.create(OTHER)]);
      expect(gone).toMatchObject({ status: 'rejected', reason: { code: 'key_destroyed' } });
      expect(made.status).toBe('fulfilled');
    });

    it('takes many at a time', async () => {
      const keys = await Promise.all(MANY.map((each) => keyring.create(each)));
      expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(MANY.length);
      await keyring.destroy(MANY);
      await keyring.destroy([]);
      expect(await keyring.state(MANY[7] ?? '')).toBe('destroyed');
    });
  });
}
