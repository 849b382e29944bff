import { randomUUID } from 'node:crypto';
import { canonicalJson } from '../../audit/canonical-json.ts';
import { genesis, type Head, seal } from '../../audit/chain.ts';
import { type Act, AuditEntry } from '../../audit/entry.ts';
import type { Clock } from '../../images/clock.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, integer, type Key, optionalText, text } from './dynamo-items.ts';
import { backOff } from './dynamo-pauses.ts';
import { getItem, IS_NEW } from './dynamo-requests.ts';
import { put, type Step, transact } from './dynamo-transact.ts';

const DIGITS = 16;
const MOST_ROUNDS = 30;
/** The partition that names all trails. */
export const TRAILS = 'trails';

/** Another process added entries since the head was read. */
class HeadMoved extends Error {}

export const entryPartition = (tenantId: string) => `trail#${tenantId}`;
/** A number as a sort key. */
export const seqKey = (seq: number) => String(seq).padStart(DIGITS, '0');

/** Where the trail of a tenant has come to. */
export async function headOf(table: DynamoTable, tenantId: string): Promise<Head> {
  const item = await getItem(table, headKey(tenantId));
  return item ? { seq: integer(item, 'seq'), hash: text(item, 'hash') } : genesis(tenantId);
}

export interface Appending {
  readonly clock: Clock;
  /** what else is to be true with the entries, or not at all; asked anew for each try */
  readonly alongside?: () => readonly Step[];
}

/** Adds entries of one tenant, in order and without a gap, whoever else does. At most some 90. */
export async function appendActs(
  table: DynamoTable,
  acts: readonly Act[],
  { clock, alongside = () => [] }: Appending,
): Promise<AuditEntry[]> {
  const [first] = acts;
  if (!first) return [];
  const nonce = randomUUID();
  for (let round = 1; ; round += 1) {
    const head = await headOf(table, first.tenant_id);
    const entries = sealed(acts, head, clock.now());
    try {
      await transact(table, () => [...alongside(), ...steps(entries, head, nonce)]);
      return entries;
    } catch (error) {
      if (!(error instanceof HeadMoved)) throw error;
      await backOff(round, MOST_ROUNDS, error);
    }
  }
}

function sealed(acts: readonly Act[], head: Head, at: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const act of acts) {
    const entry = AuditEntry.parse(seal(act, entries.at(-1) ?? head, at));
    entries.push(entry);
  }
  return entries;
}

function steps(entries: readonly AuditEntry[], head: Head, nonce: string): Step[] {
  const [last] = entries.slice(-1);
  if (!last) return [];
  const tenantId = last.tenant_id;
  const moved = () => new HeadMoved();
  const isStill = { expression: 'seq = :seq', values: attributes({ ':seq': head.seq }) };
  return [
    // The first of them comes first: it tells a try that got through without an answer.
    ...entries.map((entry) =>
      put(
        attributes({
          ...{ pk: entryPartition(tenantId), sk: seqKey(entry.seq) },
          ...{ entry: canonicalJson(entry), nonce },
        }),
        IS_NEW,
        (found) => (found && optionalText(found, 'nonce') === nonce ? undefined : moved()),
      ),
    ),
    put(
      attributes({ ...headKey(tenantId), seq: last.seq, hash: last.hash }),
      head.seq === 0 ? IS_NEW : isStill,
      moved,
    ),
    ...(head.seq === 0 ? [put(attributes({ pk: TRAILS, sk: tenantId }))] : []),
  ];
}

function headKey(tenantId: string): Key {
  return { pk: `head#${tenantId}`, sk: 'head' };
}
