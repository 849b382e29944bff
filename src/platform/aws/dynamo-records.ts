import type { Catalog, CatalogUpkeep, EventLog } from '../../images/catalog.ts';
import type { Usage } from '../../limits/usage.ts';
import { createDynamoCatalog, type DynamoCatalogDeps } from './dynamo-catalog.ts';
import { createDynamoEventLog, type EventLogDeps } from './dynamo-event-log.ts';
import { createStatusCounts } from './dynamo-status-counts.ts';
import { createDynamoUpkeep } from './dynamo-upkeep.ts';
import { createDynamoUsage } from './dynamo-usage.ts';

export type DynamoRecordsDeps = EventLogDeps & Pick<DynamoCatalogDeps, 'assertMayHaveImages' | 'alongside'>;

/** The records of all images, their events and what they count for, in one table. */
export interface DynamoRecords {
  readonly catalog: Catalog;
  readonly upkeep: CatalogUpkeep;
  readonly events: EventLog;
  readonly usage: Usage;
  /** Writes what is still to be counted. The client stays open. */
  close(): Promise<void>;
}

export function openDynamoRecords(deps: DynamoRecordsDeps): DynamoRecords {
  const { table, clock } = deps;
  const counts = createStatusCounts(table);
  const events = createDynamoEventLog(deps);
  return {
    catalog: createDynamoCatalog({ ...deps, events, counts }),
    upkeep: createDynamoUpkeep({ table, clock, counts }),
    events,
    usage: createDynamoUsage(table, clock),
    close: () => counts.close(),
  };
}
