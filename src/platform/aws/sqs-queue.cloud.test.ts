import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startMiniStack } from '../../../test/cloud/servers/ministack.ts';
import type { ManagedServer } from '../../../test/cloud/servers/process/managed-server.ts';
import { describeOn, sharedServer } from '../../../test/cloud/shared-servers.ts';
import { systemClock } from '../../images/clock.ts';
import { queueContract, someWork } from '../../pipeline/queue.contract.ts';
import type { Delivery, Lane } from '../../pipeline/queue.ts';
import { createTickets } from './dynamo-tickets.ts';
import { openTestQueue, sqsTraits, type TestQueue } from './testing/test-queue.ts';

// Both enforce leases, delays, counts and receipts; two independent readings of the same protocol.
describeOn(['ministack', 'dynamodb-local'], 'on MiniStack', () => {
  queueContract('SQS', async () => openTestQueue(await sharedServer('ministack')), sqsTraits);
});
// MiniStack is killed and started again here, so it is one of its own; it writes its state down when halted.
describeOn(['ministack', 'dynamodb-local'], 'a queue of SQS', () => {
  let server: ManagedServer;
  let opened: TestQueue;
  let queue: TestQueue['queue'];
  beforeEach(async () => {
    server = await startMiniStack();
    opened = await openTestQueue(server.url);
    queue = opened.queue;
  }, 120_000);
  afterEach(async () => {
    if (!server.running) await server.restart();
    await opened.close();
    await server.stop();
  }, 120_000);

  const send = (image: string, lane: Lane = 'interactive') =>
    queue.send(someWork(image), { lane, dedupeId: image });
  const receive = (max = 10, waitMs = 0) => queue.receive({ max, waitMs, leaseMs: 30_000 });
  const drain = async (): Promise<Delivery[]> => {
    const found: Delivery[] = [];
    for (let more = await receive(); more.length > 0; more = await receive()) found.push(...more);
    return found;
  };

  it('that is away says so, keeps no ticket of what it has not taken, and goes on when it is back', async () => {
    await send('before');
    await server.halt();
    const unavailable = { code: 'storage_unavailable' };
    await expect(send('during')).rejects.toMatchObject(unavailable);
    await expect(receive()).rejects.toMatchObject(unavailable);
    await server.restart();
    await send('during');
    expect((await drain()).map(({ work }) => work.image_id).toSorted()).toEqual(['before', 'during']);
  }, 120_000);

  it('sends and deletes in batches', async () => {
    const images = Array.from({ length: 20 }, (_, number) => `image-${number}`);
    opened.counts.reset();
    await Promise.all(images.map((image) => send(image)));
    const deliveries = await drain();
    await Promise.all(deliveries.map((delivery) => queue.complete(delivery)));
    await queue.depth();
    const { SendMessageBatch = 0, DeleteMessageBatch = 0, ...counts } = opened.counts.counts();
    expect(deliveries).toHaveLength(20);
    expect(SendMessageBatch).toBeLessThanOrEqual(12);
    expect(DeleteMessageBatch).toBeLessThanOrEqual(3);
    // A ticket is taken, confirmed and given back.
    expect(counts).toMatchObject({ PutItem: 20, UpdateItem: 20, DeleteItem: 20 });
  }, 120_000);

  const raw = (body: string) =>
    opened.client.send(new SendMessageCommand({ QueueUrl: opened.queues.interactive, MessageBody: body }));
  const inDead = async () =>
    (await opened.client.send(new ReceiveMessageCommand({ QueueUrl: opened.queues.dead }))).Messages ?? [];

  it('puts aside what is no work, and leaves that of a later release alone', async () => {
    await raw('hello');
    await raw(JSON.stringify({ v: 2, id: 'x' }));
    await send('a');
    expect((await drain()).map(({ work }) => work.image_id)).toEqual(['a']);
    await expect.poll(inDead).toMatchObject([{ Body: 'hello' }]);
    expect((await queue.depth()).interactive).toMatchObject({ waiting: 0, inFlight: 2 });
  }, 120_000);

  it('takes over the ticket of a sender that has died before it could send', async () => {
    const { table } = opened;
    const dead = createTickets(table, { now: () => Date.now() - 60_000 });
    expect(await dead.take('a', 'never sent')).toBe(true);
    await send('a');
    expect(await drain()).toHaveLength(1);
  }, 120_000);

  it('lets a sender wait whose work another one is about to send', async () => {
    const other = createTickets(opened.table, systemClock);
    await other.take('a', 'of another');
    await expect(send('a')).rejects.toMatchObject({ code: 'storage_unavailable' });
    await other.confirm('a', 'of another');
    await send('a');
    expect(await drain()).toEqual([]);
  }, 120_000);
});
