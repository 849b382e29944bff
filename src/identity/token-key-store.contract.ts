import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import type { TokenKey, TokenKeyStore } from './signing-keys.ts';

export interface TokenKeyStoreUnderTest {
  readonly tokenKeys: TokenKeyStore;
  close(): Promise<void>;
}

function aKey(createdAt: number, kid = `made at ${createdAt}`): TokenKey {
  return { kid, privateJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' }, createdAt };
}

/** What every store of keys for access tokens does. */
export function tokenKeyStoreContract(
  name: string,
  open: (clock: ControlledClock) => Promise<TokenKeyStoreUnderTest>,
): void {
  describe(`${name} keeps the TokenKeyStore contract`, () => {
    let opened: TokenKeyStoreUnderTest;
    let store: TokenKeyStore;

    beforeEach(async () => {
      opened = await open(createFakeClock());
      store = opened.tokenKeys;
    });
    afterEach(() => opened.close());

    const times = (keys: readonly TokenKey[]) => keys.map(({ createdAt }) => createdAt);

    it('keeps keys as they are, oldest first', async () => {
      expect(await store.list()).toEqual([]);
      await store.add(aKey(2_000), 2_000);
      expect(await store.add(aKey(1_000), 2_000)).toEqual([aKey(1_000), aKey(2_000)]);
      expect(await store.list()).toEqual([aKey(1_000), aKey(2_000)]);
    });

    it('keeps none where somebody was faster with a newer one', async () => {
      await store.add(aKey(2_000), 0);
      expect(times(await store.add(aKey(2_001), 1_999))).toEqual([2_000]);
      expect(times(await store.add(aKey(2_001), 2_000))).toEqual([2_000, 2_001]);
    });

    it('gives many who make one at once the same', async () => {
      const made = Array.from({ length: 8 }, (_, n) => store.add(aKey(2_000 + n), 1_000));
      const answers = await Promise.all(made);
      for (const keys of answers) expect(keys).toEqual(answers[0]);
      expect(await store.list()).toHaveLength(1);
    });

    it('forgets keys that were made before', async () => {
      for (const createdAt of [1_000, 2_000, 3_000]) await store.add(aKey(createdAt), createdAt);
      await store.removeBefore(2_000);
      expect(times(await store.list())).toEqual([2_000, 3_000]);
    });
  });
}
