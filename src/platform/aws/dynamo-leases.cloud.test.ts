import { randomUUID } from 'node:crypto';
import { credentials, REGION } from '../../../test/cloud/servers/credentials.ts';
import { describeOn, sharedServer } from '../../../test/cloud/shared-servers.ts';
import { leasesContract } from '../../duties/leases.contract.ts';
import { openDynamoTable } from './dynamo-client.ts';
import { createDynamoLeases } from './dynamo-leases.ts';
import { createTable } from './dynamo-table.ts';

// DynamoDB Local is the truth for conditions.
describeOn(['dynamodb-local'], 'in DynamoDB', () => {
  leasesContract('A table', async (clock) => {
    const endpoint = await sharedServer('dynamodb-local');
    const identity = { region: REGION, credentials };
    const table = openDynamoTable({ table: `test-${randomUUID()}`, endpoint }, identity);
    await createTable(table, { ttl: false });
    // A process of its own for each holder: what one has seen, the others have not.
    const seen = new Map<string, ReturnType<typeof createDynamoLeases>>();
    const of = (holder: string) => {
      const known = seen.get(holder) ?? createDynamoLeases(table, clock.now);
      seen.set(holder, known);
      return known;
    };
    return {
      leases: {
        take: (name, holder, forMs) => of(holder).take(name, holder, forMs),
        giveBack: (name, holder) => of(holder).giveBack(name, holder),
      },
      close: async () => table.client.destroy(),
    };
  });
});
