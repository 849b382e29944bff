import { randomUUID } from 'node:crypto';
import { Admin, Producer } from '@platformatic/kafka';
import { pino } from 'pino';
import type { KafkaSettings } from '../../../platform/kafka/kafka-settings.ts';
import { createBroker } from '../../../platform/kafka/open-broker.ts';
import { type House, openHouse, TENANT } from '../../testing/house.ts';
import type { Broker, KafkaMessage } from '../broker.ts';
import { type KafkaIntakeDeps, takeFromKafka } from '../take-from-kafka.ts';

export const silent = pino({ level: 'silent' });

export interface Sent {
  readonly value?: Uint8Array;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly partition?: number;
}

/** Topics of a test of its own on a broker, and a house that takes from them. */
export interface KafkaHouse extends House {
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly broker: Broker;
  readonly settings: KafkaSettings;
  take(parts?: Partial<KafkaIntakeDeps>): { stop(): Promise<void> };
  send(...messages: Sent[]): Promise<void>;
  /** what is in a topic, from the oldest on */
  contents(topic: string): Promise<KafkaMessage[]>;
  /** messages that the group has not committed */
  lag(): Promise<bigint>;
}

export async function openKafkaHouse(
  address: string,
  options: { partitions?: number; settings?: Partial<KafkaSettings> } = {},
): Promise<KafkaHouse> {
  const house = await openHouse();
  const id = randomUUID().slice(0, 8);
  const [topic, deadLetterTopic] = [`photos-${id}`, `dead-${id}`];
  const settings = { brokers: [address], group: `darkroom-${id}`, ...options.settings };
  const broker = createBroker(settings, silent);
  await makeTopic(address, topic, options.partitions ?? 1);
  const running: { stop(): Promise<void> }[] = [];

  return {
    ...house,
    ...{ topic, deadLetterTopic, broker, settings },
    take(parts = {}) {
      const taking = takeFromKafka({
        ...{ broker, deadLetterTopic, topics: [topic], log: silent, intake: house.intake },
        tenantOf: () => TENANT,
        userId: 'owner',
        bytesInFlight: 8 * 2 ** 20,
        hasRoom: async () => true,
        pointed: {
          async open() {
            throw new Error('nothing is pointed to here');
          },
        },
        ...parts,
      });
      running.push(taking);
      return taking;
    },
    send: (...messages) => produce(address, topic, messages),
    contents: (name) =>
      collect(broker.read({ topic: name, from: { offset: 0n } }, AbortSignal.timeout(20_000))),
    async lag() {
      return (await broker.lag([topic])).reduce((sum, { lag }) => sum + lag, 0n);
    },
    async close() {
      for (const taking of running) await taking.stop();
      await house.close();
    },
  };
}

export async function makeTopic(address: string, topic: string, partitions: number): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [address] });
  await admin.createTopics({ topics: [topic], partitions, replicas: 1 }).finally(() => admin.close());
}

export async function produce(address: string, topic: string, messages: readonly Sent[]): Promise<void> {
  const producer = new Producer({ clientId: 'test', bootstrapBrokers: [address], idempotent: true });
  try {
    await producer.send({
      messages: messages.map(({ value, key, headers = {}, partition }) => ({
        topic,
        headers: new Map(
          Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]),
        ),
        ...(value && { value: Buffer.from(value) }),
        ...(key !== undefined && { key: Buffer.from(key) }),
        ...(partition !== undefined && { partition }),
      })),
    });
  } finally {
    await producer.close();
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
