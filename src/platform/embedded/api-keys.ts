import { z } from 'zod';
import { Failure } from '../../failures.ts';
import type { ApiKey, ApiKeys } from '../../identity/api-keys.ts';
import { permissions, roles } from '../../identity/permissions.ts';
import type { Clock } from '../../images/clock.ts';
import { integer, oneOf, optionalInteger, optionalText, text } from './columns.ts';
import type { Database, Row } from './database.ts';

const Scopes = z.array(z.enum(permissions));

/** Revoked keys are deleted: who revoked one, and when, is the trail's. */
export function createApiKeys(database: Database, clock: Clock): ApiKeys {
  return {
    async add({ hash, ...key }) {
      const createdAt = clock.now();
      database.run(
        'INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)',
        key.keyId,
        key.tenantId,
        key.userId,
        hash,
        key.name,
        key.role,
        key.scopes === undefined ? null : JSON.stringify(key.scopes),
        createdAt,
        key.expiresAt ?? null,
      );
      return { ...key, createdAt };
    },

    list: async (tenantId) =>
      database
        .all('SELECT * FROM api_keys WHERE tenant_id = ? ORDER BY created_at DESC, key_id', tenantId)
        .map(keyFrom),

    async find(keyId) {
      const row = database.get('SELECT * FROM api_keys WHERE key_id = ?', keyId);
      return row === undefined ? undefined : { ...keyFrom(row), hash: text(row, 'hash') };
    },

    async revoke(tenantId, keyId) {
      const gone = database.run('DELETE FROM api_keys WHERE tenant_id = ? AND key_id = ?', tenantId, keyId);
      if (gone > 0) return;
      throw new Failure('key_not_found', `There is no API key ${keyId.slice(0, 64)}.`);
    },

    revokeAllOf: async (tenantId, userId) =>
      database
        .write(() =>
          database.all(
            'DELETE FROM api_keys WHERE tenant_id = ? AND user_id = ? RETURNING key_id',
            tenantId,
            userId,
          ),
        )
        .map((row) => text(row, 'key_id')),

    async used(keyId) {
      database.unhurried(() =>
        database.run('UPDATE api_keys SET last_used_at = ? WHERE key_id = ?', clock.now(), keyId),
      );
    },
  };
}

function keyFrom(row: Row): ApiKey {
  const scopes = optionalText(row, 'scopes');
  const expiresAt = optionalInteger(row, 'expires_at');
  const lastUsedAt = optionalInteger(row, 'last_used_at');
  return {
    keyId: text(row, 'key_id'),
    tenantId: text(row, 'tenant_id'),
    userId: text(row, 'user_id'),
    name: text(row, 'name'),
    role: oneOf(roles, row, 'role'),
    ...(scopes !== undefined && { scopes: Scopes.parse(JSON.parse(scopes)) }),
    createdAt: integer(row, 'created_at'),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(lastUsedAt !== undefined && { lastUsedAt }),
  };
}
