import type { Clock } from '../../images/clock.ts';
import { PipelineDocument } from '../../pipeline/document.ts';
import type { PipelineStore, StoredPipeline } from '../../pipeline/pipeline-store.ts';
import { integer, text } from './columns.ts';
import type { Database, Row } from './database.ts';

export function createPipelineStore(database: Database, clock: Clock): PipelineStore {
  function newest(tenantId: string, name: string): Row | undefined {
    return database.get(
      'SELECT * FROM pipelines WHERE tenant_id = ? AND name = ? ORDER BY version DESC LIMIT 1',
      tenantId,
      name,
    );
  }

  return {
    async put(tenantId, document) {
      const { name } = document;
      const json = canonicalJson(document);
      return database.write(() => {
        const last = newest(tenantId, name);
        if (last !== undefined && text(last, 'document') === json) return pipelineFrom(last);
        const version = last === undefined ? 1 : integer(last, 'version') + 1;
        const createdAt = clock.now();
        database.run(
          'INSERT INTO pipelines VALUES (?, ?, ?, ?, ?)',
          tenantId,
          name,
          version,
          json,
          createdAt,
        );
        return { name, version, document, createdAt };
      });
    },

    async get(tenantId, name, version) {
      const row =
        version === undefined
          ? newest(tenantId, name)
          : database.get(
              'SELECT * FROM pipelines WHERE tenant_id = ? AND name = ? AND version = ?',
              tenantId,
              name,
              version,
            );
      return row === undefined ? undefined : pipelineFrom(row);
    },

    async list(tenantId) {
      return database
        .all(
          `SELECT * FROM pipelines p WHERE tenant_id = ? AND version =
             (SELECT max(version) FROM pipelines WHERE tenant_id = p.tenant_id AND name = p.name)
           ORDER BY name`,
          tenantId,
        )
        .map(pipelineFrom);
    },
  };
}

function pipelineFrom(row: Row): StoredPipeline {
  return {
    name: text(row, 'name'),
    version: integer(row, 'version'),
    document: PipelineDocument.parse(JSON.parse(text(row, 'document'))),
    createdAt: integer(row, 'created_at'),
  };
}

/** The same text for equal documents, in whatever order their members were written. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}
