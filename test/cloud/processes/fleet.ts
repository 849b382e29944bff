import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { TestServer } from '../../harness/server.ts';
import { clientSettings, credentials, REGION } from '../servers/credentials.ts';

/** Several real processes over one bucket, one table and the same queues. */
export interface Fleet {
  readonly drop: string;
  start(roles: string, settings?: Readonly<Record<string, string>>): Promise<TestServer>;
  /** Puts an object where others put theirs. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  keys(bucket: string): Promise<string[]>;
  /** Ends all of them; the exit codes. */
  close(): Promise<unknown[]>;
}

/**
 * @param objects URL of a server of S3 and SQS, which tells a queue of objects that are created
 * @param records URL of a server of DynamoDB
 */
export async function openFleet(objects: string, records: string): Promise<Fleet> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-fleet-'));
  const name = `fleet-${randomUUID().slice(0, 13)}`;
  const s3 = new S3Client({ ...clientSettings(objects), maxAttempts: 3, forcePathStyle: true });
  const sqs = new SQSClient({ ...clientSettings(objects), maxAttempts: 3 });
  const [drop, results] = [`${name}-drop`, `${name}-results`];
  for (const Bucket of [name, drop, results]) await s3.send(new CreateBucketCommand({ Bucket }));
  await tellQueue({ s3, sqs }, [name, drop], `${name}-events`);
  const rules = join(folder, 'rules.json');
  const processed = { bucket: results, prefix: 'processed/' };
  await writeFile(rules, JSON.stringify([{ name: 'all', bucket: drop, tags: { from: 'drop' }, processed }]));
  const servers: TestServer[] = [];

  return {
    drop,
    async start(roles, settings = {}) {
      const server = await TestServer.start({
        dataDir: join(folder, `process-${servers.length}`),
        env: {
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          AWS_REGION: REGION,
          DARKROOM_PLATFORM: 'aws',
          DARKROOM_ROLES: roles,
          DARKROOM_PUBLIC_URL: 'https://photos.example',
          DARKROOM_S3_BUCKET: name,
          DARKROOM_S3_ENDPOINT: objects,
          DARKROOM_SQS_ENDPOINT: objects,
          DARKROOM_SQS_PREFIX: name,
          DARKROOM_DYNAMODB_ENDPOINT: records,
          DARKROOM_DYNAMODB_TABLE: name,
          DARKROOM_BUCKET_EVENTS: `${name}-events`,
          DARKROOM_BUCKET_RULES: rules,
          DARKROOM_RENDERERS: '1',
          DARKROOM_LEASE: '10s',
          ...settings,
        },
      });
      servers.push(server);
      return server;
    },
    async put(key, bytes) {
      await s3.send(new PutObjectCommand({ Bucket: drop, Key: key, Body: bytes }));
    },
    async keys(bucket) {
      const Bucket = bucket === 'results' ? results : bucket;
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key = '' }) => Key);
    },
    async close() {
      const exits = await Promise.all(servers.map((server) => server.stop()));
      s3.destroy();
      sqs.destroy();
      await rm(folder, { recursive: true, force: true });
      return exits;
    },
  };
}

async function tellQueue(
  { s3, sqs }: { s3: S3Client; sqs: SQSClient },
  buckets: readonly string[],
  queue: string,
): Promise<void> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: queue }));
  const attributes = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
  const { Attributes } = await sqs.send(attributes);
  const QueueConfigurations = [
    { QueueArn: Attributes?.QueueArn ?? '', Events: ['s3:ObjectCreated:*' as const] },
  ];
  for (const Bucket of buckets) {
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket,
        NotificationConfiguration: { QueueConfigurations },
      }),
    );
  }
}
