import { existsSync } from 'node:fs';
import { CreateBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { describeOn } from '../shared-servers.ts';
import { startAws } from './aws.ts';
import { clientSettings } from './credentials.ts';
import { SLOW_DOWN, startHttpFaultProxy } from './fault-proxy.ts';
import { startMiniStack } from './ministack.ts';
import { ManagedServer } from './process/managed-server.ts';
import { startVersitygw } from './versitygw.ts';

const s3At = (endpoint: string) => new S3Client({ ...clientSettings(endpoint), forcePathStyle: true });
const bucketsAt = async (endpoint: string) =>
  ((await s3At(endpoint).send(new ListBucketsCommand({}))).Buckets ?? []).map(({ Name }) => Name);

describeOn(['versitygw'], 'a server', () => {
  test('keeps its port and its data over a kill, and nothing when it is stopped', async () => {
    const server = await startVersitygw();
    await s3At(server.url).send(new CreateBucketCommand({ Bucket: 'kept' }));
    const { url, pid } = server;
    await server.kill();
    await expect(bucketsAt(url)).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    expect([server.url, await bucketsAt(url)]).toEqual([url, ['kept']]);
    expect(server.pid).not.toBe(pid);
    await server.stop();
    expect(existsSync(server.place.folder)).toBe(false);
  });

  test('answers nobody while it is paused, and then whoever waited', async () => {
    const server = await startVersitygw();
    server.pause();
    const waiting = bucketsAt(server.url);
    const first = await Promise.race([
      waiting,
      new Promise((resolve) => setTimeout(resolve, 300, 'silence')),
    ]);
    server.resume();
    expect([first, await waiting]).toEqual(['silence', []]);
    await server.stop();
  });
});

describeOn(['ministack'], 'a queue server', () => {
  test('has its messages again after a halt', async () => {
    const server = await startMiniStack();
    const sqs = new SQSClient(clientSettings(server.url));
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'kept' }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'one' }));
    await server.halt();
    await server.restart();
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages?.map(({ Body }) => Body)).toEqual(['one']);
    await server.stop();
  });
});

test('a server that ends at once is reported with its log, and leaves no folder', async () => {
  let folder = '';
  const start = ManagedServer.start({
    name: 'failing',
    ports: 1,
    async prepare(place) {
      folder = place.folder;
    },
    launch: () => ({ command: process.execPath, args: ['-e', 'console.log("no licence"); process.exit(3)'] }),
    ready: () => Promise.reject(new Error('not up')),
  });
  await expect(start).rejects.toThrow(/failing ended \(3\).*\nno licence/s);
  expect(existsSync(folder)).toBe(false);
});

test('a server that never answers is given up', async () => {
  const start = ManagedServer.start({
    name: 'silent',
    ports: 1,
    launch: () => ({ command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'] }),
    ready: () => Promise.reject(new Error('not up')),
    readyWithinMs: 500,
  });
  await expect(start).rejects.toThrow('silent did not answer within 500 ms (Error: not up)');
});

describeOn(['versitygw', 'ministack'], 'startAws', () => {
  test('starts what was asked for, one server for two services that share it', async () => {
    const aws = await startAws({ s3: 'versitygw', sqs: 'ministack', sns: 'ministack' });
    expect(Object.keys(aws.endpoints)).toEqual(['s3', 'sqs', 'sns']);
    expect(aws.endpoints.sqs).toBe(aws.endpoints.sns);
    expect(await bucketsAt(aws.endpoints.s3 ?? '')).toEqual([]);
    await aws.stop();
    expect([aws.servers.s3?.running, aws.servers.sqs?.running]).toEqual([false, false]);
  });
});

describeOn(['versitygw'], 'the fault proxy', () => {
  test('passes signed requests on, counts them, and does as told', async () => {
    const server = await startVersitygw();
    const proxy = await startHttpFaultProxy(server.url);
    expect(await bucketsAt(proxy.url)).toEqual([]);
    expect(proxy.seen).toEqual([{ method: 'GET', target: '/?x-id=ListBuckets', operation: '' }]);

    proxy.use(() => SLOW_DOWN);
    await expect(bucketsAt(proxy.url)).rejects.toMatchObject({
      name: 'SlowDown',
      $metadata: { httpStatusCode: 503 },
    });
    proxy.use(() => ({ kind: 'cut' }));
    await expect(bucketsAt(proxy.url)).rejects.toThrow('ECONNRESET');
    proxy.use(({ method }) => (method === 'PUT' ? { kind: 'lose_answer' } : undefined));
    await expect(s3At(proxy.url).send(new CreateBucketCommand({ Bucket: 'made' }))).rejects.toThrow();
    expect(await bucketsAt(proxy.url)).toEqual(['made']);
    await proxy.close();
    await server.stop();
  });
});
