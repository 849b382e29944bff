import { join } from 'node:path';
import { leasesContract } from '../../duties/leases.contract.ts';
import { apiKeysContract } from '../../identity/api-keys.contract.ts';
import { invitationsContract } from '../../identity/invitations.contract.ts';
import { membersContract } from '../../identity/members.contract.ts';
import { tokenKeyStoreContract } from '../../identity/token-key-store.contract.ts';
import { catalogContract } from '../../images/catalog.contract.ts';
import { catalogListContract } from '../../images/catalog-list.contract.ts';
import { catalogUpkeepContract } from '../../images/catalog-upkeep.contract.ts';
import { type ControlledClock, clockContract, createFakeClock } from '../../images/clock.contract.ts';
import { systemClock } from '../../images/clock.ts';
import { eventLogContract } from '../../images/event-log.contract.ts';
import { objectStoreContract } from '../../images/object-store.contract.ts';
import { partialUploadsContract } from '../../intake/partial-uploads.contract.ts';
import { usageContract } from '../../limits/usage.contract.ts';
import { mailOutboxContract } from '../../notices/mail-outbox.contract.ts';
import { sinkLinesContract } from '../../notices/sink-lines.contract.ts';
import { subscriptionStoreContract } from '../../notices/subscriptions/subscription.contract.ts';
import { webhookStoreContract } from '../../notices/webhooks/webhook-store.contract.ts';
import { pipelineStoreContract } from '../../pipeline/pipeline-store.contract.ts';
import { queueContract } from '../../pipeline/queue.contract.ts';
import { erasuresContract } from '../../retention/erasures.contract.ts';
import { tenantStoreContract } from '../../tenants/tenant-store.contract.ts';
import { secretsContract } from '../secrets.contract.ts';
import { bytesBelow, openTestPlatform } from './testing/data-folder.ts';

clockContract('The system clock', () => systemClock);
clockContract('A fake clock', createFakeClock);

// Here it is about what is answered; what survives a power cut is tested elsewhere.
const quickly = (clock: ControlledClock) => openTestPlatform(clock, 'none');

catalogContract('SQLite', quickly);
catalogListContract('SQLite', quickly);
catalogUpkeepContract('SQLite', quickly);
eventLogContract('SQLite', quickly);
usageContract('SQLite', quickly);
sinkLinesContract('SQLite', quickly);
webhookStoreContract('SQLite', quickly);
subscriptionStoreContract('SQLite', quickly);
queueContract('SQLite', quickly);
leasesContract('SQLite', quickly);
pipelineStoreContract('SQLite', quickly);
membersContract('SQLite', quickly);
invitationsContract('SQLite', quickly);
apiKeysContract('SQLite', quickly);
tenantStoreContract('SQLite', quickly);
secretsContract('SQLite', quickly);
tokenKeyStoreContract('SQLite', quickly);
mailOutboxContract('SQLite', quickly);
erasuresContract('SQLite', quickly);

objectStoreContract('A folder', async () => {
  const { dataDir, objects, close } = await openTestPlatform(createFakeClock());
  const folders = ['objects', 'incoming', 'scratch'].map((name) => join(dataDir, name));
  return { store: objects, used: () => bytesBelow(...folders), close };
});

partialUploadsContract('A folder', async (clock) => {
  const { partialUploads, objects, close } = await openTestPlatform(clock);
  return { uploads: partialUploads, store: objects, close };
});

partialUploadsContract('A folder, encrypted', async (clock) => {
  const { partialUploads, objects, close } = await openTestPlatform(clock, 'none', true);
  return { uploads: partialUploads, store: objects, close };
});
