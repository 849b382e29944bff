import { canonicalJson } from '../../audit/canonical-json.ts';
import type { Clock } from '../../images/clock.ts';
import { PipelineDocument } from '../../pipeline/document.ts';
import type { PipelineStore, StoredPipeline } from '../../pipeline/pipeline-store.ts';
import { canBeKey } from './dynamo-asked.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, type Item, integer, type Key, text } from './dynamo-items.ts';
import { backOff } from './dynamo-pauses.ts';
import { getItem, IS_NEW, itemsOf } from './dynamo-requests.ts';
import { put, transact } from './dynamo-transact.ts';

/** Somebody added a version since the newest one was read. */
class VersionAdded extends Error {}

/** So many may add a version of the same pipeline at once. */
const MOST_ROUNDS = 50;
const DIGITS = 10;

/** A version is an item of its own; the newest one is also kept by its name, so that a list reads nothing else. */
export function createDynamoPipelineStore(table: DynamoTable, clock: Clock): PipelineStore {
  async function add(
    tenantId: string,
    document: PipelineDocument,
    last: StoredPipeline | undefined,
  ): Promise<StoredPipeline> {
    const { name } = document;
    const stored = { name, version: (last?.version ?? 0) + 1, document, createdAt: clock.now() };
    const body = bodyOf(stored);
    const isLast = last && {
      expression: 'version = :last',
      values: attributes({ ':last': last.version }),
    };
    const added = () => new VersionAdded();
    await transact(table, () => [
      put({ ...attributes({ ...newestKey(tenantId, name) }), ...body }, isLast ?? IS_NEW, added),
      put({ ...attributes({ ...versionKey(tenantId, name, stored.version) }), ...body }, IS_NEW, added),
    ]);
    return stored;
  }

  async function newest(tenantId: string, name: string): Promise<StoredPipeline | undefined> {
    const item = await getItem(table, newestKey(tenantId, name));
    return item && pipelineFrom(item);
  }

  return {
    async put(tenantId, document) {
      const json = canonicalJson(document);
      for (let round = 1; ; round += 1) {
        const last = await newest(tenantId, document.name);
        // Also where an earlier try got through without an answer.
        if (last && canonicalJson(last.document) === json) return last;
        try {
          return await add(tenantId, document, last);
        } catch (error) {
          if (!(error instanceof VersionAdded)) throw error;
          await backOff(round, MOST_ROUNDS, error);
        }
      }
    },

    async get(tenantId, name, version) {
      if (!canBeKey(name)) return undefined;
      if (version === undefined) return newest(tenantId, name);
      const item = version > 0 && (await getItem(table, versionKey(tenantId, name, version)));
      return item ? pipelineFrom(item) : undefined;
    },

    async list(tenantId) {
      return (await itemsOf(table, { partition: `pipelines#${tenantId}` })).map(pipelineFrom);
    },
  };
}

function newestKey(tenantId: string, name: string): Key {
  return { pk: `pipelines#${tenantId}`, sk: name };
}

function versionKey(tenantId: string, name: string, version: number): Key {
  return { pk: `pipeline#${tenantId}#${name}`, sk: String(version).padStart(DIGITS, '0') };
}

function bodyOf({ name, version, document, createdAt }: StoredPipeline): Item {
  return attributes({ name, version, document: JSON.stringify(document), created_at: createdAt });
}

function pipelineFrom(item: Item): StoredPipeline {
  return {
    name: text(item, 'name'),
    version: integer(item, 'version'),
    document: PipelineDocument.parse(JSON.parse(text(item, 'document'))),
    createdAt: integer(item, 'created_at'),
  };
}
