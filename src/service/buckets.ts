import type { Settings } from '../config.ts';
import { isImageId } from '../images/keys.ts';
import { type BucketRule, readBucketRules } from '../intake/buckets/bucket-rules.ts';
import { listenToBuckets } from '../intake/buckets/listen-to-buckets.ts';
import type { ObjectCreated } from '../intake/buckets/object-events.ts';
import { createObjectTaking } from '../intake/buckets/take-object.ts';
import { resultCopies } from '../notices/result-copies.ts';
import type { Sink } from '../notices/sinks.ts';
import type { Platform } from '../platform/platform.ts';
import type { Rooms } from './rooms.ts';

/** The part of the composition that takes what others put into buckets. Its clients are loaded only where it is asked for. */
export async function startBucketIntake({ settings, intake, log }: Rooms) {
  const { bucketEventsQueue: queue, sqsPrefix: prefix } = settings;
  if (queue === undefined) return undefined;
  const rules = await readBucketRules(settings.bucketRules);
  const { openSqsClient, sqsSettingsOf } = await import('../platform/aws/sqs-client.ts');
  const { openNewsQueue } = await import('../platform/aws/sqs-news.ts');
  const { createDroppedObjects } = await import('../platform/aws/s3-dropped.ts');
  const client = openSqsClient(sqsSettingsOf(settings));
  const s3 = await openStore(settings);
  const listener = listenToBuckets({
    log,
    queue: await openNewsQueue({ client, queue, prefix, log }),
    take: createObjectTaking({
      ...{ intake, rules, dropped: createDroppedObjects(s3) },
      placeOf: (object) => uploadPlaceIn(settings, object),
    }),
  });
  return {
    faults: listener.faults,
    async stop() {
      await listener.stop();
      client.destroy();
      s3.destroy();
    },
  };
}

/** What puts results where rules ask for it; nothing where none does. */
export async function bucketCopies(
  settings: Settings,
  { catalog, objects }: Pick<Platform, 'catalog' | 'objects'>,
): Promise<Sink[]> {
  const rules = await readBucketRules(settings.bucketRules);
  if (!rules.some(({ processed }: BucketRule) => processed)) return [];
  const { createResultCopies } = await import('../platform/aws/s3-copies.ts');
  const s3 = await openStore(settings);
  const sink = resultCopies({ rules, catalog, objects, copies: createResultCopies(s3) });
  return [{ ...sink, close: async () => s3.destroy() }];
}

async function openStore({ s3Endpoint: endpoint, s3Compat: isCompat }: Settings) {
  const { openS3Client } = await import('../platform/aws/s3-client.ts');
  return openS3Client({
    ...{ bucket: '', prefix: '', isCompat },
    ...(endpoint !== undefined && { endpoint }),
  });
}

/** Places that are given out for uploads are `raw/{tenant}/{image}` in the bucket of the service. */
function uploadPlaceIn(
  { platform, s3Bucket, s3Prefix = '' }: Settings,
  { bucket, key }: ObjectCreated,
): { tenantId: string; imageId: string } | undefined {
  if (platform !== 'aws' || bucket !== s3Bucket || !key.startsWith(s3Prefix)) return undefined;
  const [, tenantId, imageId] = /^raw\/([^/]+)\/([^/]+)$/.exec(key.slice(s3Prefix.length)) ?? [];
  return tenantId !== undefined && imageId !== undefined && isImageId(imageId)
    ? { tenantId, imageId }
    : undefined;
}
