import { randomUUID } from 'node:crypto';
import { type DynamoTable, openDynamoTable } from '../dynamo-client.ts';
import { createTable, deleteTable } from '../dynamo-table.ts';
import type { AwsIdentity } from '../s3-client.ts';

export interface TestTable extends DynamoTable {
  /** Deletes it. */
  close(): Promise<void>;
}

/** An empty table of the test's own. Without time to live, as tests tell their own time: it would delete what they wrote. */
export async function openTestTable(
  url: string,
  identity: AwsIdentity,
  { ttl = false } = {},
): Promise<TestTable> {
  const table = openDynamoTable({ table: `test-${randomUUID()}`, endpoint: url }, identity);
  await createTable(table, { ttl });
  return {
    ...table,
    async close() {
      await deleteTable(table);
      table.client.destroy();
    },
  };
}
