import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type KafkaBroker, startKafka } from '../../../test/cloud/servers/kafka/kafka.ts';
import { describeOn } from '../../../test/cloud/shared-servers.ts';
import { reconcile } from '../../retention/reconcile.ts';
import { type KafkaHouse, openKafkaHouse } from './testing/kafka-house.ts';

const LONG = { timeout: 60_000, interval: 100 };
const PROGRAM = fileURLToPath(new URL('testing/taking-process.ts', import.meta.url));

describeOn(['kafka'], 'consumers that come, go and die', () => {
  let kafka: KafkaBroker;
  let house: KafkaHouse;
  let picture: Buffer;
  const consumers: Consumer[] = [];

  beforeAll(async () => {
    kafka = await startKafka();
  }, 180_000);
  afterAll(() => kafka?.server.stop());
  beforeEach(async () => {
    house = await openKafkaHouse(kafka.brokers.plain, { partitions: 4 });
    picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#369' } })
      .png()
      .toBuffer();
  });
  afterEach(async () => {
    for (const consumer of consumers.splice(0)) await consumer.end('SIGKILL');
    await house?.close();
  });

  interface Consumer {
    /** how many of what it did */
    count(word: 'took' | 'repeated'): number;
    readonly output: () => string;
    end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  }

  function startConsumer(): Consumer {
    const { folder, settings, topic, deadLetterTopic } = house;
    const args = [PROGRAM, folder, kafka.brokers.plain, settings.group, topic, deadLetterTopic];
    const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout?.on('data', (text) => {
      output += text;
    });
    child.stderr?.on('data', (text) => {
      output += text;
    });
    const consumer: Consumer = {
      count: (word) => output.split('\n').filter((line) => line.startsWith(`${word} `)).length,
      output: () => output,
      async end(signal) {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = once(child, 'exit');
        child.kill(signal);
        await gone;
      },
    };
    consumers.push(consumer);
    return consumer;
  }

  async function send(from: number, count: number): Promise<void> {
    const numbers = Array.from({ length: count }, (_, n) => from + n);
    await house.send(
      ...numbers.map((n) => ({ value: picture, partition: n % 4, headers: { filename: `${n}.png` } })),
    );
  }

  const hasTaken = (consumer: Consumer, count: number) =>
    vi.waitFor(() => expect(consumer.count('took'), consumer.output()).toBeGreaterThanOrEqual(count), LONG);

  /** Every message is one image, no more and no less, and its offset is committed. */
  async function expectAll(count: number): Promise<void> {
    await vi.waitFor(async () => expect(await house.images()).toHaveLength(count), LONG);
    await vi.waitFor(async () => expect(await house.lag()).toBe(0n), LONG);
    const names = (await house.images()).map(({ record }) => record.original?.filename);
    expect(new Set(names).size).toBe(count);
    // Bytes whose record a kill prevented.
    await reconcile({ ...house.platform, clock: house.clock }, { mend: true, graceMs: 0 });
    expect((await house.bytesLeft()).objects).toHaveLength(count);
    expect(await house.contents(house.deadLetterTopic)).toEqual([]);
  }

  it('share partitions, and hand them over in both directions, without a loss or a second image', async () => {
    let sent = 0;
    /** Goes on sending until it is seen to work: a process takes its time to start. */
    const sendUntilTaken = async (consumer: Consumer, count: number) => {
      for (const enough = consumer.count('took') + count; consumer.count('took') < enough; sent += 40) {
        expect(sent, consumer.output()).toBeLessThan(5_000);
        await send(sent, 40);
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    };
    const first = startConsumer();
    await sendUntilTaken(first, 20);
    const second = startConsumer();
    await sendUntilTaken(second, 20);
    await sendUntilTaken(first, 20);
    await first.end('SIGTERM');
    expect(first.output()).toContain('stopped');
    const third = startConsumer();
    await sendUntilTaken(third, 20);
    await expectAll(sent);
    await second.end('SIGTERM');
    await sendUntilTaken(third, 40);
    await expectAll(sent);
    // A rebalance makes a few messages be read twice, not the whole of the topic.
    const repeated = [first, second, third].reduce((sum, consumer) => sum + consumer.count('repeated'), 0);
    expect(repeated).toBeLessThan(100);
  }, 120_000);

  it('are killed in the middle of their work, again and again, and nothing is lost or made twice', async () => {
    await send(0, 240);
    for (let round = 1; round <= 4; round += 1) {
      const consumer = startConsumer();
      await hasTaken(consumer, 15);
      await consumer.end('SIGKILL');
    }
    startConsumer();
    await expectAll(240);
  }, 240_000);

  it('wait for a broker that was killed, and go on when it is back', async () => {
    await send(0, 100);
    const consumer = startConsumer();
    await hasTaken(consumer, 20);
    await kafka.server.kill();
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    await kafka.server.restart();
    await send(100, 50);
    await expectAll(150);
  }, 180_000);
});
