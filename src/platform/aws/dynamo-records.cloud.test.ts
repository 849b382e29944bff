import { afterAll, beforeAll } from 'vitest';
import { credentials, REGION } from '../../../test/cloud/servers/credentials.ts';
import { startDynamoDbLocal } from '../../../test/cloud/servers/dynamodb-local.ts';
import type { ManagedServer } from '../../../test/cloud/servers/process/managed-server.ts';
import { catalogContract } from '../../images/catalog.contract.ts';
import { catalogListContract } from '../../images/catalog-list.contract.ts';
import { catalogUpkeepContract } from '../../images/catalog-upkeep.contract.ts';
import type { ControlledClock } from '../../images/clock.contract.ts';
import { eventLogContract } from '../../images/event-log.contract.ts';
import { type UsageUnderTest, usageContract } from '../../limits/usage.contract.ts';
import { openDynamoRecords } from './dynamo-records.ts';
import { openTestTable } from './testing/test-table.ts';

// DynamoDB Local enforces conditions, transactions and indexes: it is the truth for everything here.
let server: ManagedServer;
beforeAll(async () => {
  // In memory, as there is much to write: the shared one keeps it in files.
  server = await startDynamoDbLocal({ data: 'memory' });
});
afterAll(() => server.stop());

const open = async (clock: ControlledClock): Promise<UsageUnderTest> => {
  const table = await openTestTable(server.url, { region: REGION, credentials });
  const records = openDynamoRecords({ table, clock, settledMs: 1 });
  return {
    ...records,
    async close() {
      await records.close();
      await table.close();
    },
  };
};

catalogContract('DynamoDB', open);
catalogListContract('DynamoDB', open);
catalogUpkeepContract('DynamoDB', open);
eventLogContract('DynamoDB', open);
usageContract('DynamoDB', open);
