import { randomUUID } from 'node:crypto';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { makeTopic } from '../../../src/intake/kafka/testing/kafka-house.ts';
import { clientSettings, credentials, REGION } from '../../cloud/servers/credentials.ts';

/** Servers that speak the protocols; S3 sends its events to this SQS. */
export interface CloudEndpoints {
  readonly s3: string;
  readonly sqs: string;
  readonly dynamodb: string;
  /** host:port of a broker; none: Kafka is not a way in */
  readonly kafka?: string;
}

/** What a company makes before it starts Darkroom, with names that nobody else uses. */
export interface CloudResources {
  /** DARKROOM_* and AWS_*, for every process, besides the endpoints of S3, SQS and Kafka */
  readonly settings: Readonly<Record<string, string>>;
  /** what DARKROOM_BUCKET_RULES has to say */
  readonly rules: readonly object[];
  readonly topic?: string;
  /** keys in the bucket of the service */
  storedKeys(): Promise<string[]>;
  /** what any tool does that knows nothing of Darkroom */
  drop(key: string, bytes: Buffer): Promise<void>;
  /** @returns what puts it back */
  withhold(key: string): Promise<() => Promise<void>>;
  close(): void;
}

/** Buckets with notifications, a queue for these, and a topic. Everything goes with the servers. */
export async function makeCloudResources(
  endpoints: CloudEndpoints,
  { partitions = 2 } = {},
): Promise<CloudResources> {
  const id = randomUUID().slice(0, 8);
  const [own, drops, aside] = [`own-${id}`, `drops-${id}`, `aside-${id}`];
  const [events, topic] = [`events-${id}`, `photos-${id}`];
  const s3 = new S3Client({ ...clientSettings(endpoints.s3), maxAttempts: 5, forcePathStyle: true });
  for (const Bucket of [own, drops, aside]) await s3.send(new CreateBucketCommand({ Bucket }));
  const queueArn = await makeQueue(endpoints.sqs, events);
  await notify(s3, drops, queueArn);
  await notify(s3, own, queueArn, 'raw/');
  if (endpoints.kafka !== undefined) await makeTopic(endpoints.kafka, topic, partitions);

  return {
    settings: {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      DARKROOM_PLATFORM: 'aws',
      DARKROOM_S3_BUCKET: own,
      DARKROOM_DYNAMODB_TABLE: `life-${id}`,
      DARKROOM_DYNAMODB_ENDPOINT: endpoints.dynamodb,
      DARKROOM_SQS_PREFIX: `life-${id}`,
      DARKROOM_BUCKET_EVENTS: events,
      ...(endpoints.kafka !== undefined && {
        DARKROOM_KAFKA_TOPICS: topic,
        DARKROOM_KAFKA_GROUP: `life-${id}`,
        DARKROOM_KAFKA_DEAD_LETTER_TOPIC: `dead-${id}`,
      }),
    },
    rules: [{ name: 'drops', bucket: drops, tags: { way: 'bucket' } }],
    ...(endpoints.kafka !== undefined && { topic }),
    storedKeys: () => keysIn(s3, own),
    async drop(Key, Body) {
      await s3.send(new PutObjectCommand({ Bucket: drops, Key, Body, ContentType: 'image/jpeg' }));
    },
    async withhold(Key) {
      await s3.send(new CopyObjectCommand({ Bucket: aside, Key, CopySource: `${own}/${Key}` }));
      await s3.send(new DeleteObjectCommand({ Bucket: own, Key }));
      return async () => {
        await s3.send(new CopyObjectCommand({ Bucket: own, Key, CopySource: `${aside}/${Key}` }));
      };
    },
    close: () => s3.destroy(),
  };
}

async function makeQueue(endpoint: string, QueueName: string): Promise<string> {
  const sqs = new SQSClient(clientSettings(endpoint));
  try {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
    const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
    return (await sqs.send(asked)).Attributes?.QueueArn ?? '';
  } finally {
    sqs.destroy();
  }
}

async function notify(s3: S3Client, Bucket: string, QueueArn: string, prefix = ''): Promise<void> {
  const Filter = { Key: { FilterRules: [{ Name: 'prefix' as const, Value: prefix }] } };
  const configuration = { QueueArn, Events: ['s3:ObjectCreated:*' as const], ...(prefix && { Filter }) };
  const NotificationConfiguration = { QueueConfigurations: [configuration] };
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
}

async function keysIn(s3: S3Client, Bucket: string): Promise<string[]> {
  const keys: string[] = [];
  for (let token: string | undefined, more = true; more; more = token !== undefined) {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket, ...(token !== undefined && { ContinuationToken: token }) }),
    );
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
    token = page.NextContinuationToken;
  }
  return keys;
}
