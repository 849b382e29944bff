import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { clientSettings } from '../credentials.ts';
import { freshName, type Probe } from './outcome.ts';
import { freshBucket } from './s3.ts';
import { receiveUntil } from './sqs.ts';

const KEY = 'folder/a b+ü.jpg';

interface EventRecord {
  readonly eventName: string;
  readonly s3: { readonly object: { readonly key: string; readonly sequencer?: string } };
}

interface Notified {
  readonly s3: S3Client;
  readonly bucket: string;
  /** Takes this many event records off the queue, in the order in which they came; fewer when no more come. */
  records(count: number): Promise<EventRecord[]>;
  /** bodies of all messages that came before and between */
  readonly bodies: string[];
}

async function notifiedBucket(endpoint: string): Promise<Notified> {
  const { s3, bucket } = await freshBucket(endpoint);
  const sqs = new SQSClient(clientSettings(endpoint));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: freshName('events') }));
  if (!QueueUrl) throw new Error('no queue');
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const QueueArn = Attributes?.QueueArn;
  const NotificationConfiguration = {
    QueueConfigurations: [{ QueueArn, Events: ['s3:ObjectCreated:*' as const] }],
  };
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: bucket, NotificationConfiguration }));
  const bodies: string[] = [];
  const recordsIn = (body: string): EventRecord[] =>
    (JSON.parse(body) as { Records?: EventRecord[] }).Records ?? [];
  return {
    s3,
    bucket,
    bodies,
    async records(count) {
      const before = bodies.length;
      const found = () => bodies.slice(before).flatMap(recordsIn);
      await receiveUntil(sqs, QueueUrl, (body) => {
        bodies.push(body);
        return found().length >= count;
      });
      return found();
    },
  };
}

async function put({ s3, bucket }: Notified, Key: string, Body: string): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
}

async function putInParts({ s3, bucket }: Notified, Key: string): Promise<void> {
  const upload = { Bucket: bucket, Key };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(upload));
  const { ETag } = await s3.send(
    new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: 'one part' }),
  );
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await s3.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload }));
}

export const s3EventProbes = {
  async s3_event_test(endpoint) {
    const notified = await notifiedBucket(endpoint);
    await put(notified, 'a', 'bytes');
    await notified.records(1);
    return notified.bodies.some((body) => body.includes('s3:TestEvent')) ? 'sent' : 'absent';
  },

  async s3_event_key(endpoint) {
    const notified = await notifiedBucket(endpoint);
    await put(notified, KEY, 'bytes');
    const key = (await notified.records(1))[0]?.s3.object.key;
    if (key === KEY) return 'raw';
    if (key === 'folder/a+b%2B%C3%BC.jpg') return 'encoded';
    return key === 'folder%2Fa+b%2B%C3%BC.jpg' ? 'slashes encoded too' : String(key);
  },

  async s3_event_sequencer(endpoint) {
    const notified = await notifiedBucket(endpoint);
    await put(notified, 'a', 'one');
    const [first] = await notified.records(1);
    await put(notified, 'a', 'two');
    const [second] = await notified.records(1);
    const [a, b] = [first?.s3.object.sequencer, second?.s3.object.sequencer];
    if (a === undefined || b === undefined) return 'absent';
    if (a === b) return 'constant';
    const width = Math.max(a.length, b.length);
    return a.padStart(width, '0') < b.padStart(width, '0') ? 'grows' : 'shrinks';
  },

  async s3_event_names(endpoint) {
    const notified = await notifiedBucket(endpoint);
    await put(notified, 'a', 'bytes');
    const { s3, bucket } = notified;
    await s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'b', CopySource: `${bucket}/a` }));
    await putInParts(notified, 'c');
    const records = await notified.records(3);
    const nameOf = (key: string) => records.find(({ s3: { object } }) => object.key === key)?.eventName;
    return ['a', 'b', 'c'].map((key) => nameOf(key)?.replace('ObjectCreated:', '') ?? 'none').join(', ');
  },
} satisfies Record<string, Probe>;
