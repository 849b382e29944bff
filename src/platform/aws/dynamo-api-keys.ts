import { z } from 'zod';
import { Failure } from '../../failures.ts';
import type { ApiKey, ApiKeys } from '../../identity/api-keys.ts';
import { permissions, roles } from '../../identity/permissions.ts';
import type { Clock } from '../../images/clock.ts';
import { inParallel } from '../embedded/in-parallel.ts';
import { canBeKey } from './dynamo-asked.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, type Item, type Key, optionalInteger, text } from './dynamo-items.ts';
import { AT_ONCE, getItem, getItems, IS_NEW, IS_THERE, itemsOf, updateItem } from './dynamo-requests.ts';
import { put, remove, transact } from './dynamo-transact.ts';

const StoredKey = z.object({
  keyId: z.string(),
  tenantId: z.string(),
  userId: z.string(),
  name: z.string(),
  role: z.enum(roles),
  scopes: z.array(z.enum(permissions)).exactOptional(),
  createdAt: z.int(),
  expiresAt: z.int().exactOptional(),
});

/**
 * A key is an item by its id, which every request with a key reads, and a mark among those of its tenant. Revoked keys
 * are deleted: who revoked one, and when, is the trail's.
 */
export function createDynamoApiKeys(table: DynamoTable, clock: Clock): ApiKeys {
  async function list(tenantId: string): Promise<ApiKey[]> {
    return (await keysOf(table, tenantId)).map(keyFrom).sort(byNewest);
  }

  /** False where it was revoked already. */
  async function revoke({ tenantId, keyId }: Pick<ApiKey, 'tenantId' | 'keyId'>): Promise<boolean> {
    let isGone = true;
    let round = 0;
    await transact(table, () => {
      round += 1;
      return [
        remove(keyKey(keyId), IS_THERE, () => {
          // On a later try it may have been the one before that got through without an answer.
          isGone = round > 1;
        }),
        remove(markKey(tenantId, keyId)),
      ];
    });
    return isGone;
  }

  return {
    async add({ hash, ...given }) {
      const key = { ...given, createdAt: clock.now() };
      const item = attributes({ ...keyKey(key.keyId), body: JSON.stringify(key), hash });
      const isOurs = (found: Item | undefined) => found && text(found, 'hash') === hash;
      await transact(table, () => [
        put(item, IS_NEW, (found) => (isOurs(found) ? undefined : new Error('the id of a key is taken'))),
        put(attributes({ ...markKey(key.tenantId, key.keyId) })),
      ]);
      return key;
    },

    list,

    async find(keyId) {
      const item = canBeKey(keyId) ? await getItem(table, keyKey(keyId)) : undefined;
      return item && { ...keyFrom(item), hash: text(item, 'hash') };
    },

    async revoke(tenantId, keyId) {
      const item = canBeKey(keyId) ? await getItem(table, keyKey(keyId)) : undefined;
      const isTheirs = item && keyFrom(item).tenantId === tenantId;
      if (isTheirs && (await revoke({ tenantId, keyId }))) return;
      throw new Failure('key_not_found', `There is no API key ${keyId.slice(0, 64)}.`);
    },

    async revokeAllOf(tenantId, userId) {
      const keys = (await list(tenantId)).filter((key) => key.userId === userId);
      const revoked: string[] = [];
      await inParallel(keys, AT_ONCE, async (key) => {
        if (await revoke(key)) revoked.push(key.keyId);
      });
      return revoked;
    },

    async used(keyId) {
      const change = { expression: 'SET used_at = :now', values: attributes({ ':now': clock.now() }) };
      await updateItem(table, keyKey(keyId), change, IS_THERE);
    },
  };
}

/** The items of a tenant's keys. */
export async function keysOf(table: DynamoTable, tenantId: string): Promise<Item[]> {
  const marks = await itemsOf(table, { partition: marksOf(tenantId) });
  return getItems(
    table,
    marks.map((mark) => keyKey(text(mark, 'sk'))),
  );
}

const marksOf = (tenantId: string) => `keys#${tenantId}`;

function keyKey(keyId: string): Key {
  return { pk: `key#${keyId}`, sk: 'key' };
}

function markKey(tenantId: string, keyId: string): Key {
  return { pk: marksOf(tenantId), sk: keyId };
}

function keyFrom(item: Item): ApiKey {
  const lastUsedAt = optionalInteger(item, 'used_at');
  const key = StoredKey.parse(JSON.parse(text(item, 'body')));
  return { ...key, ...(lastUsedAt !== undefined && { lastUsedAt }) };
}

function byNewest(one: ApiKey, other: ApiKey): number {
  return other.createdAt - one.createdAt || (one.keyId < other.keyId ? -1 : 1);
}
