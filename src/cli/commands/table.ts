import { pickAction } from '../actions.ts';
import { defineCommand } from '../command.ts';
import { plain } from '../text/format.ts';

export const tableCommand = defineCommand({
  name: 'table',
  summary: 'make the table of records of the platform aws, or say whether it can be used',
  usage: ['table [status] [--json]', 'table create [--json]'],
  details: `For servers of your own that speak the protocol of DynamoDB (DARKROOM_DYNAMODB_ENDPOINT), and for tests; on AWS, make the
table together with everything else. "create" makes DARKROOM_DYNAMODB_TABLE with its indexes and its time to live, on
demand, and leaves one that is there as it is. Credentials and region are found as all of AWS's tools find them.`,
  operands: { least: 0, most: 1 },
  options: {},
  examples: [
    { command: 'darkroom table create', meaning: 'the table, where there is none yet' },
    { command: 'darkroom table', meaning: 'exit code 1 where it cannot be used, and why' },
  ],
  async run({ operands, terminal, settings: read }) {
    const { action } = pickAction(operands, ['status', 'create']);
    const { dynamoSettingsOf, openDynamoTable } = await import('../../platform/aws/dynamo-client.ts');
    const { createTable, tableFaults } = await import('../../platform/aws/dynamo-table.ts');
    const table = openDynamoTable(dynamoSettingsOf(read().settings));
    try {
      const created = action === 'create' && (await createTable(table, { ttl: true }));
      const faults = await tableFaults(table);
      terminal.document({ table: table.name, created, faults });
      if (created) terminal.line(`The table ${plain(table.name)} is made.`);
      for (const fault of faults) terminal.note(plain(fault));
      if (faults.length === 0) terminal.line(`The table ${plain(table.name)} can be used.`);
      return faults.length > 0 ? 1 : 0;
    } finally {
      table.client.destroy();
    }
  },
});
