import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Settings } from '../../config.ts';
import { Failure } from '../../failures.ts';
import { accountsElsewhere } from '../../identity/elsewhere.ts';
import type { Clock } from '../../images/clock.ts';
import { makeFolders } from '../../make-folders.ts';
import { noKeyring } from '../embedded/keyring/open-keyring.ts';
import { lockDataFolder } from '../embedded/server-lock.ts';
import type { Platform, PlatformLog } from '../platform.ts';
import { startDerivativeUpkeep } from './derivative-upkeep.ts';
import { dynamoSettingsOf, openDynamoTable } from './dynamo-client.ts';
import { refuseErased } from './dynamo-erasing.ts';
import { createDynamoErasures } from './dynamo-erasures.ts';
import { createDynamoLeases } from './dynamo-leases.ts';
import { createDynamoPartialRows } from './dynamo-partial-uploads.ts';
import { createPersonSearch } from './dynamo-person-search.ts';
import { openDynamoRecords } from './dynamo-records.ts';
import { openDynamoStores } from './dynamo-stores.ts';
import { createTable, tableFaults } from './dynamo-table.ts';
import { createUntoldActs } from './dynamo-untold-acts.ts';
import { openS3 } from './open-s3.ts';
import { openSharedDerivatives } from './open-shared-derivatives.ts';
import { createPartialUploads } from './partial-uploads.ts';
import type { RequestCounts } from './request-counts.ts';
import { s3SettingsOf } from './s3-settings.ts';
import { openSqsClient, sqsSettingsOf } from './sqs-client.ts';
import { createSqsQueue } from './sqs-queue.ts';
import { openWorkQueues, queueFaults } from './sqs-queues.ts';

export interface AwsOptions {
  readonly clock: Clock;
  readonly log: PlatformLog;
  /** counts the requests to DynamoDB, S3 and SQS, where somebody wants to know */
  readonly counts?: RequestCounts;
}

/** A store that is away keeps whoever asks for readiness waiting no longer than this, milliseconds. */
const FAULTS_WITHIN_MS = 3_000;

/**
 * S3, DynamoDB and SQS, or servers that speak their protocols. The data folder holds only what this process is working
 * on, and pictures that can be made again: each process has one of its own.
 *
 * @throws Failure `invalid_settings` where no bucket is named, where the queues may not be made, or where this platform
 *   cannot do what is asked; `data_folder_in_use`, `storage_unavailable`
 */
export async function openAws(settings: Settings, { clock, log, counts }: AwsOptions): Promise<Platform> {
  if (settings.masterKeys !== undefined) throw sealedByKms();
  const s3Settings = s3SettingsOf(settings);
  const folder = resolve(settings.dataDir);
  await makeFolders(folder, 0o700);
  const unlock = lockDataFolder(folder);
  const s3 = openS3({ settings: s3Settings, folder, clock, ...(counts && { counts }) });
  const dynamoSettings = dynamoSettingsOf(settings);
  const table = openDynamoTable(dynamoSettings);
  const sqsSettings = sqsSettingsOf(settings);
  const sqs = openSqsClient(sqsSettings);
  counts?.watch(table.client);
  counts?.watch(sqs);
  const closeClients = () => {
    s3.close();
    sqs.destroy();
    table.client.destroy();
    unlock();
  };
  try {
    // On AWS, it is made with the rest of the infrastructure.
    if (dynamoSettings.endpoint !== undefined) await createTable(table, { ttl: true });
    const queues = await openWorkQueues(sqs, sqsSettings.prefix);
    const queue = createSqsQueue({ client: sqs, queues, table, clock, log });
    const untold = createUntoldActs({ table, clock, log });
    const assertMayHaveImages = refuseErased(table, clock);
    const records = openDynamoRecords({ table, clock, assertMayHaveImages, alongside: untold.steps });
    const leases = createDynamoLeases(table);
    const partialUploads = createPartialUploads({
      ...{ objects: s3.objects, clock },
      rows: createDynamoPartialRows(table),
    });
    const derivatives = openSharedDerivatives({
      ...{ clock, capacity: settings.cacheBytes, objects: s3.objects, marks: s3.objects },
      folder: join(folder, 'cache'),
    });
    const upkeep = startDerivativeUpkeep({ derivatives, leases, holder: randomUUID(), log });
    return {
      isShared: true,
      ...records,
      ...openDynamoStores({ table, clock }),
      erasures: createDynamoErasures({
        ...{ table, clock, deadLetters: queue.deadLetters },
        search: createPersonSearch({ table, objects: s3.objects }),
      }),
      ...{ queue, leases, derivatives, partialUploads },
      objects: {
        ...s3.objects,
        async removeLeftovers(olderThan) {
          const orphans = await partialUploads.removeOrphans(olderThan);
          return orphans + (await s3.objects.removeLeftovers(olderThan));
        },
      },
      originalLinks: s3.originalLinks,
      ...(settings.bucketEventsQueue !== undefined && { uploadPlaces: s3.uploadPlaces }),
      keyring: noKeyring,
      openIdentity: async () => accountsElsewhere(),
      async faults() {
        const signal = AbortSignal.timeout(FAULTS_WITHIN_MS);
        const found = [tableFaults(table), s3.faults(signal), queueFaults(sqs, queues, signal)];
        return (await Promise.all(found)).flat();
      },
      inspect: () => s3.warnings(),
      async close() {
        await queue.close();
        await upkeep.stop();
        await derivatives.close();
        await records.close();
        await untold.close();
        closeClients();
      },
    };
  } catch (error) {
    closeClients();
    throw error;
  }
}

function sealedByKms(): Failure {
  return new Failure(
    'invalid_settings',
    'DARKROOM_MASTER_KEY: on the platform aws, objects are encrypted by KMS. Take it away, and set DARKROOM_S3_KMS_KEY.',
  );
}
