import { type Credentials, credentials, REGION } from './credentials.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';
import { type KafkaBroker, startKafka } from './kafka/kafka.ts';
import { startMiniStack } from './ministack.ts';
import { startMoto } from './moto.ts';
import type { ManagedServer } from './process/managed-server.ts';
import { startVersitygw } from './versitygw.ts';

const starts = {
  versitygw: startVersitygw,
  ministack: startMiniStack,
  moto: startMoto,
  'dynamodb-local': () => startDynamoDbLocal(),
} as const;

/** Which server plays which service. */
export interface AwsWishes {
  readonly s3?: 'versitygw' | 'ministack' | 'moto';
  readonly sqs?: 'ministack' | 'moto';
  readonly sns?: 'ministack' | 'moto';
  readonly dynamodb?: 'dynamodb-local' | 'ministack' | 'moto';
  readonly kafka?: true;
}

type Service = Exclude<keyof AwsWishes, 'kafka'>;
const services = ['s3', 'sqs', 'sns', 'dynamodb'] as const satisfies readonly Service[];

export interface LocalAws {
  readonly region: string;
  readonly credentials: Credentials;
  /** the URL of each service that was wished for; S3 buckets go by path */
  readonly endpoints: Readonly<Partial<Record<Service, string>>>;
  /** by service: what plays it, to pause, kill and restart; one server may play several */
  readonly servers: Readonly<Partial<Record<Service, ManagedServer>>>;
  readonly kafka?: KafkaBroker;
  /** Ends all of them and removes their folders. */
  stop(): Promise<void>;
}

/**
 * Servers of the caller's own, started at once: two services played by the same server share it.
 *
 * @throws Error when one does not come up; none is left running then
 */
export async function startAws(wishes: AwsWishes): Promise<LocalAws> {
  const names = [...new Set(services.flatMap((service) => wishes[service] ?? []))];
  const starting = names.map(async (name) => [name, await starts[name]()] as const);
  const [started, broker] = await Promise.all([
    Promise.allSettled(starting),
    wishes.kafka
      ? startKafka().then(
          (value) => ({ value }),
          (reason: unknown) => ({ reason }),
        )
      : undefined,
  ]);
  const running = new Map(started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  const kafka = broker && 'value' in broker ? broker.value : undefined;
  const stop = async () => {
    await Promise.all([...running.values(), ...(kafka ? [kafka.server] : [])].map((server) => server.stop()));
  };
  const failed =
    started.find((one) => one.status === 'rejected') ?? (broker && 'reason' in broker ? broker : undefined);
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const servers = Object.fromEntries(
    services.flatMap((service) => {
      const name = wishes[service];
      const server = name && running.get(name);
      return server ? [[service, server]] : [];
    }),
  ) as Partial<Record<Service, ManagedServer>>;
  const endpoints = Object.fromEntries(Object.entries(servers).map(([service, { url }]) => [service, url]));
  return { region: REGION, credentials, endpoints, servers, ...(kafka ? { kafka } : {}), stop };
}
