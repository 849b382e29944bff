import type { AuditLog, AuditQuery } from '../../audit/audit-log.ts';
import { canonicalJson } from '../../audit/canonical-json.ts';
import { genesis, seal } from '../../audit/chain.ts';
import { Checkpoint } from '../../audit/checkpoint.ts';
import { type Act, AuditEntry } from '../../audit/entry.ts';
import type { Clock } from '../../images/clock.ts';
import { decodeCursor, encodeCursor, SeqCursor } from '../cursors.ts';
import { appendActs, entryPartition, headOf, seqKey, TRAILS } from './dynamo-audit-items.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, type Key, text } from './dynamo-items.ts';
import { IS_NEW, itemsOf, pagesOf, putItem } from './dynamo-requests.ts';

/** Entries written in one transaction: with those beside them they stay below DynamoDB's bounds of one. */
const MOST_TOGETHER = 90;
/** Entries read at a time. */
const PAGE = 500;

interface Waiting {
  readonly act: Act;
  readonly done: (entry: AuditEntry) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The trail of each tenant: one item for each entry, and a head that says where it has come to, moved in the transaction
 * that adds entries. A process writes those of one tenant one transaction after the other; what is told meanwhile goes
 * together with the next.
 */
export function createDynamoAuditLog(table: DynamoTable, clock: Clock): AuditLog {
  const waiting = new Map<string, Waiting[]>();

  async function writeWaiting(tenantId: string): Promise<void> {
    for (;;) {
      const line = waiting.get(tenantId) ?? [];
      const batch = line.splice(0, MOST_TOGETHER);
      if (batch.length === 0) {
        waiting.delete(tenantId);
        return;
      }
      try {
        const acts = batch.map(({ act }) => act);
        const entries = await appendActs(table, acts, { clock });
        for (const [index, { done }] of batch.entries()) done(entries[index] as AuditEntry);
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
  }

  return {
    append(act) {
      return new Promise((done, failed) => {
        // One that says what it may not stops here, and none of the others.
        AuditEntry.parse(seal(act, genesis(act.tenant_id), clock.now()));
        const line = waiting.get(act.tenant_id);
        if (line) {
          line.push({ act, done, failed });
          return;
        }
        waiting.set(act.tenant_id, [{ act, done, failed }]);
        // Those of the same turn of the event loop go together.
        setImmediate(() => void writeWaiting(act.tenant_id));
      });
    },

    async list(tenantId, query) {
      const [before] = query.cursor === undefined ? [] : decodeCursor(query.cursor, SeqCursor);
      if (before !== undefined && before <= 1) return { entries: [] };
      const found: AuditEntry[] = [];
      const isMeant = filterOf(query);
      const from = query.from;
      const stretch = {
        partition: entryPartition(tenantId),
        isDescending: true,
        ...(before !== undefined && { to: seqKey(before - 1) }),
      };
      reading: for await (const page of pagesOf(table, { ...stretch, pageSize: pageFor(query) })) {
        for (const item of page) {
          const entry = AuditEntry.parse(JSON.parse(text(item, 'entry')));
          if (from !== undefined && Date.parse(entry.at) < from - CLOCKS_DIFFER_MS) break reading;
          if (isMeant(entry)) found.push(entry);
          if (found.length > query.limit) break reading;
        }
      }
      const entries = found.slice(0, query.limit);
      const last = entries.at(-1);
      const more = found.length > query.limit && last !== undefined;
      return { entries, ...(more && { nextCursor: encodeCursor([last.seq]) }) };
    },

    async *lines(tenantId) {
      for await (const page of pagesOf(table, { partition: entryPartition(tenantId), pageSize: PAGE })) {
        for (const item of page) yield text(item, 'entry');
      }
    },

    head: (tenantId) => headOf(table, tenantId),

    async tenants() {
      return (await itemsOf(table, { partition: TRAILS })).map((item) => text(item, 'sk'));
    },

    async keepCheckpoint(checkpoint) {
      const key = checkpointKey(checkpoint.tenant_id, checkpoint.seq);
      await putItem(table, attributes({ ...key, checkpoint: canonicalJson(checkpoint) }), IS_NEW);
    },

    async checkpoints(tenantId) {
      const items = await itemsOf(table, { partition: checkpointKey(tenantId, 0).pk });
      return items.map((item) => Checkpoint.parse(JSON.parse(text(item, 'checkpoint'))));
    },
  };
}

/** Entries are in the order in which they were written; by the clocks of the machines they may be out of it by so much. */
const CLOCKS_DIFFER_MS = 10 * 60_000;

function filterOf({ actor, action, imageId, outcome, from, to }: AuditQuery): (entry: AuditEntry) => boolean {
  const [earliest, end] = [from, to].map((time) =>
    time === undefined ? undefined : new Date(time).toISOString(),
  );
  return (entry) =>
    (actor === undefined || entry.actor.id === actor) &&
    (action === undefined || entry.action === action) &&
    (imageId === undefined || entry.image_id === imageId) &&
    (outcome === undefined || entry.outcome === outcome) &&
    (earliest === undefined || entry.at >= earliest) &&
    (end === undefined || entry.at < end);
}

/** A page without filters is read by one request. */
function pageFor({ actor, action, imageId, outcome, from, to, limit }: AuditQuery): number {
  const isFiltered = [actor, action, imageId, outcome, from, to].some((value) => value !== undefined);
  return isFiltered ? PAGE : limit + 1;
}

function checkpointKey(tenantId: string, seq: number): Key {
  return { pk: `checkpoints#${tenantId}`, sk: seqKey(seq) };
}
