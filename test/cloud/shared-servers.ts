import { describe, inject } from 'vitest';
import type { LentServer } from './run/lender.ts';
import type { KafkaBroker } from './servers/kafka/kafka.ts';
import type { ServerName } from './servers/server-names.ts';

/**
 * The URL of the run's own server of that name; the first who asks starts it. It is shared by all test files: use names
 * of your own for buckets, queues, tables and topics, and never hurt it (start one for that).
 */
export async function sharedServer(name: Exclude<ServerName, 'kafka'>): Promise<string> {
  return (await borrow(name)).url;
}

/** The run's own Kafka broker, under the same rule. */
export async function sharedKafka(): Promise<Omit<KafkaBroker, 'server'>> {
  const { kafka } = await borrow('kafka');
  if (!kafka) throw new Error('the lender lent no Kafka');
  return kafka;
}

/** A `describe` that is skipped only where one of these servers cannot run and the run was told to go on without it. */
export function describeOn(servers: readonly ServerName[], name: string, body: () => void): void {
  const absent = servers.filter((server) => inject('cloudLeftOut').includes(server));
  describe.skipIf(absent.length > 0)(
    absent.length > 0 ? `${name} (left out: ${absent.join(', ')})` : name,
    body,
  );
}

async function borrow(name: ServerName): Promise<LentServer> {
  const answer = await fetch(`${inject('cloudLender')}/${name}`);
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as LentServer;
}
