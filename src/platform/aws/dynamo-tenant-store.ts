import { randomUUID } from 'node:crypto';
import { Failure } from '../../failures.ts';
import type { Clock } from '../../images/clock.ts';
import { TenantSettings } from '../../tenants/settings.ts';
import type { StoredTenant, TenantStore } from '../../tenants/tenant-store.ts';
import { inParallel } from '../embedded/in-parallel.ts';
import { canBeKey } from './dynamo-asked.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, type Item, integer, type Key, text } from './dynamo-items.ts';
import { AT_ONCE, deleteItem, getItem, getItems, IS_NEW, pagesOf, putItem } from './dynamo-requests.ts';

/**
 * One item for the settings of a tenant, and a mark for each origin that it lists. A mark says where to look only: it is
 * there before the settings say so and goes after they do not, and the settings decide.
 */
export function createDynamoTenantStore(table: DynamoTable, clock: Clock): TenantStore {
  async function read(tenantId: string): Promise<StoredTenant | undefined> {
    const item = await getItem(table, tenantKey(tenantId));
    return item && tenantFrom(item);
  }

  /** False where somebody wrote first. */
  async function write(stored: StoredTenant): Promise<boolean> {
    const nonce = randomUUID();
    const isStill = {
      expression: 'version = :before',
      values: attributes({ ':before': stored.version - 1 }),
    };
    const condition = stored.version === 1 ? IS_NEW : isStill;
    if (await putItem(table, tenantItem(stored, nonce), condition)) return true;
    // An earlier try of the client may have got through without an answer.
    return (await getItem(table, tenantKey(stored.tenantId)))?.nonce?.S === nonce;
  }

  return {
    read,

    async isListed(origin) {
      if (!canBeKey(origin)) return false;
      for await (const marks of pagesOf(table, { partition: originPartition(origin), pageSize: MARKS })) {
        const items = await getItems(
          table,
          marks.map((mark) => tenantKey(text(mark, 'sk'))),
        );
        if (items.some((item) => tenantFrom(item).settings.cors_origins.includes(origin))) return true;
      }
      return false;
    },

    async replace(tenantId, version, settings) {
      const before = version === 0 ? undefined : await read(tenantId);
      if (version !== 0 && before?.version !== version) throw staleWrite();
      const now = clock.now();
      const stored = {
        ...{ tenantId, settings, version: version + 1 },
        ...{ createdAt: before?.createdAt ?? now, updatedAt: now },
      };
      const [had, has] = [before?.settings.cors_origins ?? [], settings.cors_origins];
      const added = has.filter((origin) => !had.includes(origin));
      const gone = had.filter((origin) => !has.includes(origin));
      await inParallel(added, AT_ONCE, (origin) => addMark(table, origin, stored));
      if (!(await write(stored))) throw staleWrite();
      await inParallel(gone, AT_ONCE, (origin) => removeMark(table, origin, stored)).catch(() => {});
      return stored;
    },
  };
}

/** Marks of an origin looked into at a time: few tenants list the same one. */
const MARKS = 20;

type Marking = Pick<StoredTenant, 'tenantId' | 'version'>;

/** A mark has the version that it was made for, so that who comes late takes none away that was made later. */
async function addMark(table: DynamoTable, origin: string, { tenantId, version }: Marking): Promise<void> {
  await putItem(table, attributes({ ...markKey(origin, tenantId), version }), {
    expression: 'attribute_not_exists(pk) OR version < :version',
    values: attributes({ ':version': version }),
  });
}

async function removeMark(table: DynamoTable, origin: string, { tenantId, version }: Marking): Promise<void> {
  await deleteItem(table, markKey(origin, tenantId), {
    expression: 'version < :version',
    values: attributes({ ':version': version }),
  });
}

const originPartition = (origin: string) => `origin#${origin}`;

function markKey(origin: string, tenantId: string): Key {
  return { pk: originPartition(origin), sk: tenantId };
}

function tenantKey(tenantId: string): Key {
  return { pk: `tenant#${tenantId}`, sk: 'tenant' };
}

function tenantItem(
  { tenantId, settings, version, createdAt, updatedAt }: StoredTenant,
  nonce: string,
): Item {
  return attributes({
    ...tenantKey(tenantId),
    ...{ tenant: tenantId, settings: JSON.stringify(settings), version, nonce },
    ...{ created_at: createdAt, updated_at: updatedAt },
  });
}

function tenantFrom(item: Item): StoredTenant {
  return {
    tenantId: text(item, 'tenant'),
    settings: TenantSettings.parse(JSON.parse(text(item, 'settings'))),
    version: integer(item, 'version'),
    createdAt: integer(item, 'created_at'),
    updatedAt: integer(item, 'updated_at'),
  };
}

function staleWrite(): Failure {
  return new Failure(
    'stale_write',
    'Somebody else changed these settings first. Read them again, then repeat the change.',
  );
}
