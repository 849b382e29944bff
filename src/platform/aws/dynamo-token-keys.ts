import type { JWK } from 'jose';
import { z } from 'zod';
import type { TokenKey, TokenKeyStore } from '../../identity/signing-keys.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, integer, text } from './dynamo-items.ts';
import { backOff } from './dynamo-pauses.ts';
import { getItem, IS_NEW, putItem } from './dynamo-requests.ts';

const KEY = { pk: 'token-keys', sk: 'token-keys' };
const MOST_ROUNDS = 20;
const Keys = z.array(z.object({ kid: z.string(), privateJwk: z.custom<JWK>(), createdAt: z.int() }));

/** All keys in one item, as there are few: who makes one and who forgets one see what the other did. */
export function createDynamoTokenKeys(table: DynamoTable): TokenKeyStore {
  async function read(): Promise<{ keys: TokenKey[]; version: number }> {
    const item = await getItem(table, KEY);
    if (!item) return { keys: [], version: 0 };
    return { keys: Keys.parse(JSON.parse(text(item, 'keys'))), version: integer(item, 'version') };
  }

  /** @param next undefined where nothing is to be changed */
  async function change(next: (keys: TokenKey[]) => TokenKey[] | undefined): Promise<TokenKey[]> {
    for (let round = 1; ; round += 1) {
      const { keys, version } = await read();
      const after = next(keys)?.sort(byAge);
      if (!after) return keys;
      const item = attributes({ ...KEY, keys: JSON.stringify(after), version: version + 1 });
      const isStill = { expression: 'version = :before', values: attributes({ ':before': version }) };
      if (await putItem(table, item, version === 0 ? IS_NEW : isStill)) return after;
      await backOff(round, MOST_ROUNDS);
    }
  }

  return {
    list: async () => (await read()).keys,

    add: (key, after) =>
      change((keys) => (keys.some(({ createdAt }) => createdAt > after) ? undefined : [...keys, key])),

    async removeBefore(time) {
      await change((keys) => {
        const kept = keys.filter(({ createdAt }) => createdAt >= time);
        return kept.length < keys.length ? kept : undefined;
      });
    },
  };
}

function byAge(one: TokenKey, other: TokenKey): number {
  return one.createdAt - other.createdAt || (one.kid < other.kid ? -1 : 1);
}
