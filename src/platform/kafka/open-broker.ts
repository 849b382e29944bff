import { Admin, type BaseOptions } from '@platformatic/kafka';
import type { Logger } from 'pino';
import type { Broker } from '../../intake/kafka/broker.ts';
import { clientOptions } from './client-options.ts';
import type { KafkaSettings } from './kafka-settings.ts';
import { createMember } from './member.ts';
import { createProducer } from './producer.ts';
import { lagOf, readRange } from './reading.ts';

const SESSION_MS = 30_000;

/** A cluster. Nothing is connected before it is needed. */
export function createBroker(settings: KafkaSettings, log: Pick<Logger, 'warn' | 'error' | 'debug'>): Broker {
  const { group, sessionMs = SESSION_MS } = settings;
  const options = () => clientOptions(settings);
  return {
    member: (topics) => createMember({ options, log, topics, group, sessionMs }),
    producer: () => createProducer(options),
    ensureTopic: (topic) => withAdmin(options, (admin) => ensureTopic(admin, topic)),
    lag: (topics) => withAdmin(options, (admin) => lagOf(admin, group, topics)),
    read: (range, signal) => readRange(options, range, signal),
  };
}

async function withAdmin<T>(
  options: () => Promise<BaseOptions>,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Admin(await options());
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

async function ensureTopic(admin: Admin, topic: string): Promise<void> {
  if (await exists(admin, topic)) return;
  try {
    // As many partitions and copies as the cluster gives by itself.
    await admin.createTopics({ topics: [topic], partitions: -1, replicas: -1 });
  } catch (error) {
    if (!(await exists(admin, topic))) throw error;
  }
}

/** By what the client says of all topics: asking for one that is missing is an error. */
async function exists(admin: Admin, topic: string): Promise<boolean> {
  return (await admin.listTopics()).includes(topic);
}
