import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { describeOn, sharedKafka } from '../../../test/cloud/shared-servers.ts';
import type { Broker } from '../../intake/kafka/broker.ts';
import { type ReplayOptions, replay } from '../../intake/kafka/replay.ts';
import { type KafkaHouse, openKafkaHouse, silent } from '../../intake/kafka/testing/kafka-house.ts';
import { sample, TENANT } from '../../intake/testing/house.ts';
import { kafkaSink } from '../../notices/kafka-sink.ts';
import { lineEvent } from '../../notices/sink-lines.contract.ts';
import { startSinkRunner } from '../../notices/sink-runner.ts';
import type { SaslSettings } from './kafka-settings.ts';
import { createBroker } from './open-broker.ts';

const LONG = { timeout: 30_000, interval: 50 };

describeOn(['kafka'], 'Kafka', () => {
  let kafka: Awaited<ReturnType<typeof sharedKafka>>;
  let house: KafkaHouse;
  let folder: string;
  let cat: Buffer;

  beforeEach(async () => {
    kafka = await sharedKafka();
    house = await openKafkaHouse(kafka.brokers.plain, { partitions: 2 });
    folder = await mkdtemp(join(tmpdir(), 'darkroom-kafka-'));
    cat = await sample('chelsea.png');
  });
  afterEach(async () => {
    await house?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const taken = (count: number) =>
    vi.waitFor(async () => expect(await house.images()).toHaveLength(count), LONG);
  const committed = () => vi.waitFor(async () => expect(await house.lag()).toBe(0n), LONG);

  function tell(broker: Broker, topic: string): { stop(): Promise<void> } {
    const { name: sink, deliver, close } = kafkaSink(broker, topic);
    const runner = startSinkRunner({ sink, deliver, lines: house.platform.sinkLines, log: silent });
    return {
      async stop() {
        await runner.stop();
        await close?.();
      },
    };
  }

  /** A token as an issuer signs it, but for the signature, which this broker does not look at. */
  async function tokenFile(): Promise<string> {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const token = `${part({ alg: 'none' })}.${part({ sub: 'darkroom', iat: now, exp: now + 600 })}.`;
    const path = join(folder, 'token');
    await writeFile(path, `${token}\n`);
    return path;
  }

  it.each(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const)(
    'is read over TLS by who proves itself by %s',
    async (mechanism) => {
      const caFile = join(folder, 'ca.pem');
      await writeFile(caFile, kafka.caPem);
      const sasl: SaslSettings =
        mechanism === 'oauthbearer'
          ? { mechanism, tokenFile: await tokenFile() }
          : { mechanism, ...kafka.user };
      const settings = { brokers: [kafka.brokers.sasl_tls], group: house.settings.group };
      house.take({ broker: createBroker({ ...settings, sasl, tls: { caFile } }, silent) });
      await house.send({ value: cat }, { value: Buffer.from('no picture') });
      await taken(1);
      await committed();
      expect(await house.contents(house.deadLetterTopic)).toHaveLength(1);
    },
  );

  it('is not read with a wrong password, nor from a broker that nobody vouches for', async () => {
    const settings = { brokers: [kafka.brokers.sasl], group: house.settings.group };
    const sasl = { mechanism: 'scram-sha-256', ...kafka.user, password: 'wrong' } as const;
    await expect(createBroker({ ...settings, sasl }, silent).lag([house.topic])).rejects.toThrow();
    const tls = createBroker({ ...settings, brokers: [kafka.brokers.tls], tls: {} }, silent);
    await expect(tls.lag([house.topic])).rejects.toThrow();
  });

  it('says how far the group is behind', async () => {
    await house.send(
      { value: cat, partition: 0 },
      { value: cat, partition: 1 },
      { value: cat, partition: 1 },
    );
    const place = { topic: house.topic, first: 0n };
    expect(await house.broker.lag([house.topic])).toEqual([
      { ...place, partition: 0, end: 1n, lag: 1n },
      { ...place, partition: 1, end: 2n, lag: 2n },
    ]);
    const taking = house.take();
    await taken(3);
    await committed();
    await taking.stop();
    await house.send({ value: cat, partition: 1 });
    expect(await house.broker.lag([house.topic])).toEqual([
      { ...place, partition: 0, end: 1n, committed: 1n, lag: 0n },
      { ...place, partition: 1, end: 3n, committed: 2n, lag: 1n },
    ]);
  });

  it('is read once more from an offset or a time on, and makes nothing twice unless it is told to', async () => {
    for (const n of [0, 1, 2])
      await house.send({ value: cat, partition: 1, headers: { filename: `${n}.png` } });
    await house.send({ value: Buffer.from('no picture'), partition: 1 });
    const [, , , last] = await house.contents(house.topic);
    const anew = (options: Partial<ReplayOptions>) =>
      replay(
        {
          ...{
            broker: house.broker,
            intake: house.intake,
            userId: 'owner',
            log: silent,
            bytesInFlight: 2 ** 23,
          },
          tenantOf: () => TENANT,
          pointed: { open: () => Promise.reject(new Error('nothing is pointed to here')) },
        },
        {
          ...{ topic: house.topic, from: { offset: 0n }, again: false },
          signal: AbortSignal.timeout(20_000),
          ...options,
        },
      );
    expect(await anew({ partition: 1, from: { offset: 1n }, to: { offset: 3n } })).toMatchObject({
      read: 2,
      taken: 2,
      repeated: 0,
      refused: [],
    });
    const all = await anew({});
    expect(all).toMatchObject({ read: 4, taken: 1, repeated: 2 });
    expect(all.refused).toMatchObject([{ partition: 1, offset: '3', code: 'unsupported_format' }]);
    expect(await house.images()).toHaveLength(3);
    expect(await anew({ to: { offset: 1n }, again: true })).toMatchObject({ taken: 1, repeated: 0 });
    expect(await house.images()).toHaveLength(4);
    expect(await anew({ from: { time: last?.timestamp ?? 0 } })).toMatchObject({ taken: 0 });
    expect(await anew({ from: { time: Date.now() + 3_600_000 } })).toMatchObject({ read: 0 });
    // The group has not noticed any of it.
    expect(await house.lag()).toBe(4n);
  });

  it('is told of events in the order of each image, and of its end by a tombstone', async () => {
    const topic = `events-${house.topic}`;
    const lines = house.platform.sinkLines;
    const types = ['image.received', 'image.processing', 'image.ready', 'image.erased'] as const;
    const events = Array.from({ length: 400 }, (_, n) =>
      lineEvent(n, {
        imageId: `i${n % 100}`,
        type: types[Math.floor(n / 100)] ?? 'image.ready',
        generation: 1,
      }),
    );
    await lines.add(['kafka'], events);
    const telling = tell(house.broker, topic);
    await vi.waitFor(async () => expect((await lines.depth('kafka')).waiting).toBe(0), LONG);
    await telling.stop();
    const told = await house.contents(topic);
    expect(told).toHaveLength(400);
    const text = (message: (typeof told)[number], name: string) =>
      String(message.headers.find(([header]) => header === name)?.[1]);
    for (const [imageId, messages] of Map.groupBy(told, ({ key }) => String(key))) {
      expect(
        messages.map((message) => text(message, 'ce_type')),
        imageId,
      ).toEqual(types);
      expect(new Set(messages.map(({ partition }) => partition)).size).toBe(1);
      expect(messages.map(({ value }) => value === undefined)).toEqual([false, false, false, true]);
    }
    const [first] = told.filter(({ key }) => String(key) === 'i0');
    expect(JSON.parse(String(first?.value))).toEqual({
      event_id: events[0]?.id,
      type: 'image.received',
      tenant_id: 't1',
      image_id: 'i0',
      status: 'ready',
      generation: 1,
      at: new Date(events[0]?.at ?? 0).toISOString(),
    });
    expect(text(first as (typeof told)[number], 'ce_subject')).toBe('i0');
  });

  it('keeps what could not be told until the broker is there', async () => {
    const topic = `events-${house.topic}`;
    const lines = house.platform.sinkLines;
    await lines.add(['kafka'], [lineEvent(1)]);
    const away = createBroker({ brokers: ['127.0.0.1:1'], group: 'g' }, silent);
    const failing = tell(away, topic);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await failing.stop();
    expect((await lines.depth('kafka')).waiting).toBe(1);
    const telling = tell(house.broker, topic);
    await vi.waitFor(async () => expect((await lines.depth('kafka')).waiting).toBe(0), LONG);
    await telling.stop();
    expect(await house.contents(topic)).toHaveLength(1);
  });
});
