import { credentials, REGION } from '../../../test/cloud/servers/credentials.ts';
import { sharedServer } from '../../../test/cloud/shared-servers.ts';
import { auditLogContract } from '../../audit/audit-log.contract.ts';
import { apiKeysContract } from '../../identity/api-keys.contract.ts';
import { invitationsContract } from '../../identity/invitations.contract.ts';
import { membersContract } from '../../identity/members.contract.ts';
import { tokenKeyStoreContract } from '../../identity/token-key-store.contract.ts';
import type { ControlledClock } from '../../images/clock.contract.ts';
import { mailOutboxContract } from '../../notices/mail-outbox.contract.ts';
import { sinkLinesContract } from '../../notices/sink-lines.contract.ts';
import { subscriptionStoreContract } from '../../notices/subscriptions/subscription.contract.ts';
import { webhookStoreContract } from '../../notices/webhooks/webhook-store.contract.ts';
import { pipelineStoreContract } from '../../pipeline/pipeline-store.contract.ts';
import { tenantStoreContract } from '../../tenants/tenant-store.contract.ts';
import { secretsContract } from '../secrets.contract.ts';
import { openDynamoStores } from './dynamo-stores.ts';
import { openTestTable } from './testing/test-table.ts';

const open = async (clock: ControlledClock) => {
  const table = await openTestTable(await sharedServer('dynamodb-local'), { region: REGION, credentials });
  return { ...openDynamoStores({ table, clock }), close: () => table.close() };
};

pipelineStoreContract('DynamoDB', open);
tenantStoreContract('DynamoDB', open);
apiKeysContract('DynamoDB', open);
secretsContract('DynamoDB', open);
membersContract('DynamoDB', open);
invitationsContract('DynamoDB', open);
auditLogContract('DynamoDB', open);
tokenKeyStoreContract('DynamoDB', open);
sinkLinesContract('DynamoDB', open);
mailOutboxContract('DynamoDB', open);
webhookStoreContract('DynamoDB', open);
subscriptionStoreContract('DynamoDB', open);
