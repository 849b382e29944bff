import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditLog, AuditQuery } from '../../audit/audit-log.ts';
import { canonicalJson } from '../../audit/canonical-json.ts';
import { genesis, type Head, seal } from '../../audit/chain.ts';
import { Checkpoint } from '../../audit/checkpoint.ts';
import { type Act, AuditEntry } from '../../audit/entry.ts';
import type { Clock } from '../../images/clock.ts';
import { decodeCursor, encodeCursor, SeqCursor } from '../cursors.ts';
import { integer, text } from './columns.ts';
import type { Database } from './database.ts';

/** Rows read at a time: nobody waits long for an export. */
const PAGE = 500;

interface Waiting {
  readonly act: Act;
  readonly done: (entry: AuditEntry) => void;
  readonly failed: (error: unknown) => void;
}

/** The trail in SQLite. What is told in the same turn of the event loop is written together, with one sync. */
export function createAuditLog(database: Database, clock: Clock): AuditLog {
  let waiting: Waiting[] = [];

  function writeWaiting(): void {
    const batch = waiting;
    waiting = [];
    try {
      const entries = database.write(() =>
        appendActs(
          database,
          batch.map(({ act }) => act),
          clock.now(),
        ),
      );
      for (const [index, { done }] of batch.entries()) done(entries[index] as AuditEntry);
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  }

  return {
    append(act) {
      return new Promise((done, failed) => {
        if (waiting.length === 0) setImmediate(writeWaiting);
        waiting.push({ act, done, failed });
      });
    },

    async list(tenantId, query) {
      const { sql, values } = selectEntries(tenantId, query);
      const entries = database
        .all(sql, ...values)
        .map((row) => AuditEntry.parse(JSON.parse(text(row, 'entry'))));
      const page = entries.slice(0, query.limit);
      const last = page.at(-1);
      const more = entries.length > query.limit && last !== undefined;
      return { entries: page, ...(more && { nextCursor: encodeCursor([last.seq]) }) };
    },

    async *lines(tenantId) {
      for (let after = Number.MIN_SAFE_INTEGER; ; ) {
        const rows = database.all(
          `SELECT seq, entry FROM audit_entries WHERE tenant_id = ? AND seq > ? ORDER BY seq LIMIT ${PAGE}`,
          tenantId,
          after,
        );
        for (const row of rows) yield text(row, 'entry');
        const last = rows.at(-1);
        if (last === undefined) return;
        after = integer(last, 'seq');
        await nextTurn();
      }
    },

    async head(tenantId) {
      return headOf(database, tenantId);
    },

    async tenants() {
      // Of both: somebody may have deleted one of the two.
      const sql =
        'SELECT tenant_id FROM audit_heads UNION SELECT DISTINCT tenant_id FROM audit_entries ORDER BY 1';
      return database.all(sql).map((row) => text(row, 'tenant_id'));
    },

    async keepCheckpoint(checkpoint) {
      const { tenant_id, seq } = checkpoint;
      const json = canonicalJson(checkpoint);
      database.run('INSERT OR IGNORE INTO audit_checkpoints VALUES (?, ?, ?)', tenant_id, seq, json);
    },

    async checkpoints(tenantId) {
      return database
        .all('SELECT checkpoint FROM audit_checkpoints WHERE tenant_id = ? ORDER BY seq', tenantId)
        .map((row) => Checkpoint.parse(JSON.parse(text(row, 'checkpoint'))));
    },
  };
}

/** Adds entries, in order; to be called inside a transaction, best the one that makes them true. */
export function appendActs(database: Database, acts: readonly Act[], now: number): AuditEntry[] {
  return acts.map((act) => {
    const entry = seal(act, headOf(database, act.tenant_id), now);
    const { tenant_id, seq, hash } = entry;
    const line = canonicalJson(AuditEntry.parse(entry));
    database.run('INSERT INTO audit_entries (tenant_id, seq, entry) VALUES (?, ?, ?)', tenant_id, seq, line);
    database.run('INSERT OR REPLACE INTO audit_heads VALUES (?, ?, ?)', tenant_id, seq, hash);
    return entry;
  });
}

function headOf(database: Database, tenantId: string): Head {
  const row = database.get('SELECT seq, hash FROM audit_heads WHERE tenant_id = ?', tenantId);
  return row === undefined ? genesis(tenantId) : { seq: integer(row, 'seq'), hash: text(row, 'hash') };
}

function selectEntries(tenantId: string, query: AuditQuery): { sql: string; values: (string | number)[] } {
  const conditions = ['tenant_id = ?'];
  const values: (string | number)[] = [tenantId];
  const where = (condition: string, value: string | number | undefined) => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  const [before] = query.cursor === undefined ? [] : decodeCursor(query.cursor, SeqCursor);
  where('actor = ?', query.actor);
  where('action = ?', query.action);
  where('image_id = ?', query.imageId);
  where('outcome = ?', query.outcome);
  where('at >= ?', timeOf(query.from));
  where('at < ?', timeOf(query.to));
  where('seq < ?', before);
  const sql = `SELECT entry FROM audit_entries WHERE ${conditions.join(' AND ')} ORDER BY seq DESC LIMIT ?`;
  return { sql, values: [...values, query.limit + 1] };
}

function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
