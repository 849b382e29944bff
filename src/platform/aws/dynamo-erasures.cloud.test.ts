import { credentials, REGION } from '../../../test/cloud/servers/credentials.ts';
import { sharedServer } from '../../../test/cloud/shared-servers.ts';
import { erasuresContract } from '../../retention/erasures.contract.ts';
import { refuseErased } from './dynamo-erasing.ts';
import { createDynamoErasures } from './dynamo-erasures.ts';
import { createPersonSearch } from './dynamo-person-search.ts';
import { openDynamoRecords } from './dynamo-records.ts';
import { openDynamoStores } from './dynamo-stores.ts';
import { openTestTable } from './testing/test-table.ts';

/** Objects and letters have suites of their own; here there are none. */
const noObjects = {
  head: async () => undefined,
  async *list() {},
};
const noLetters = { dropImage: async () => {} };

erasuresContract('DynamoDB', async (clock) => {
  const table = await openTestTable(await sharedServer('dynamodb-local'), { region: REGION, credentials });
  const assertMayHaveImages = refuseErased(table, clock);
  const records = openDynamoRecords({ table, clock, assertMayHaveImages, settledMs: 1 });
  const search = createPersonSearch({ table, objects: noObjects });
  return {
    ...records,
    ...openDynamoStores({ table, clock }),
    erasures: createDynamoErasures({ table, clock, search, deadLetters: noLetters, settledMs: 0 }),
    async close() {
      await records.close();
      await table.close();
    },
  };
});
