import { Failure } from '../../failures.ts';
import type { Clock } from '../../images/clock.ts';
import { TenantSettings } from '../../tenants/settings.ts';
import type { StoredTenant, TenantStore } from '../../tenants/tenant-store.ts';
import { integer, text } from './columns.ts';
import type { Database, Row } from './database.ts';

export function createTenantStore(database: Database, clock: Clock): TenantStore {
  function read(tenantId: string): StoredTenant | undefined {
    const row = database.get('SELECT * FROM tenants WHERE tenant_id = ?', tenantId);
    return row === undefined ? undefined : tenantFrom(row);
  }

  return {
    async read(tenantId) {
      return read(tenantId);
    },

    async isListed(origin) {
      return database.get('SELECT 1 FROM tenant_origins WHERE origin = ? LIMIT 1', origin) !== undefined;
    },

    async replace(tenantId, version, settings) {
      const [json, now] = [JSON.stringify(settings), clock.now()];
      return database.write(() => {
        const changed =
          version === 0
            ? database.run(
                'INSERT OR IGNORE INTO tenants (tenant_id, settings, version, created_at, updated_at) VALUES (?, ?, 1, ?, ?)',
                ...[tenantId, json, now, now],
              )
            : database.run(
                'UPDATE tenants SET settings = ?, version = version + 1, updated_at = ? WHERE tenant_id = ? AND version = ?',
                ...[json, now, tenantId, version],
              );
        const stored = read(tenantId);
        if (changed === 1 && stored) return stored;
        throw new Failure(
          'stale_write',
          'Somebody else changed these settings first. Read them again, then repeat the change.',
        );
      });
    },
  };
}

function tenantFrom(row: Row): StoredTenant {
  return {
    tenantId: text(row, 'tenant_id'),
    settings: TenantSettings.parse(JSON.parse(text(row, 'settings'))),
    version: integer(row, 'version'),
    createdAt: integer(row, 'created_at'),
    updatedAt: integer(row, 'updated_at'),
  };
}
