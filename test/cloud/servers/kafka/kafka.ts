import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Admin } from '@platformatic/kafka';
import { installOnce } from '../install/install-once.ts';
import { kafkaClassPath, kafka as kafkaInstall } from '../install/kafka.ts';
import { ManagedServer, type Place } from '../process/managed-server.ts';
import { brokerProperties, KAFKA_USER, type Listener, listeners } from './broker-properties.ts';
import { formattedLog } from './formatted-log.ts';
import { brokerTls } from './tls.ts';

export interface KafkaOptions {
  /** ports that clients are told to connect to instead of the broker's own: those of proxies before it */
  readonly advertised?: Partial<Readonly<Record<Listener, number>>>;
  /** of the Java heap, in megabytes. @default 512 */
  readonly heapMegabytes?: number;
  /** further lines of server.properties */
  readonly properties?: Readonly<Record<string, string>>;
}

export interface KafkaBroker {
  readonly server: ManagedServer;
  /** `127.0.0.1:port` of each listener; `sasl` and `sasl_tls` take PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER (unsigned tokens) */
  readonly brokers: Readonly<Record<Listener, string>>;
  readonly user: { readonly username: string; readonly password: string };
  /** of the authority that signed the broker's certificate; no client knows it by itself */
  readonly caPem: string;
}

/** Apache Kafka, one node in KRaft mode. No topic comes to be by itself: tests make theirs. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaBroker> {
  const classPath = kafkaClassPath(await installOnce(kafkaInstall));
  const tls = await brokerTls();
  const server = await ManagedServer.start({
    name: 'kafka',
    ports: listeners.length + 1,
    async prepare(place) {
      await formattedLog(classPath, join(place.folder, 'kraft'));
      const text = brokerProperties({
        folder: place.folder,
        ports: portsOf(place),
        controllerPort: place.ports[listeners.length] ?? 0,
        advertised: options.advertised ?? {},
        keyStore: tls.keyStore,
        extra: options.properties ?? {},
      });
      await writeFile(join(place.folder, 'server.properties'), text);
    },
    launch: ({ folder }) => ({
      command: 'java',
      args: [
        ...[
          `-Xmx${options.heapMegabytes ?? 512}m`,
          '-XX:+UseSerialGC',
          '-XX:TieredStopAtLevel=1',
          '-Xshare:auto',
        ],
        ...[`-Djava.io.tmpdir=${folder}`, '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'],
        ...['-cp', classPath, 'kafka.Kafka', join(folder, 'server.properties')],
      ],
    }),
    ready: (place) => brokerAnswers(portsOf(place).plain),
  });
  const ports = portsOf(server.place);
  const brokers = Object.fromEntries(listeners.map((name) => [name, `127.0.0.1:${ports[name]}`]));
  return { server, brokers: brokers as Record<Listener, string>, user: KAFKA_USER, caPem: tls.caPem };
}

function portsOf({ ports }: Place): Record<Listener, number> {
  return Object.fromEntries(listeners.map((name, index) => [name, ports[index] ?? 0])) as Record<
    Listener,
    number
  >;
}

/** Throws until the broker says that it, the one node, is part of the cluster. */
async function brokerAnswers(port: number): Promise<void> {
  const admin = new Admin({
    clientId: 'ready',
    bootstrapBrokers: [`127.0.0.1:${port}`],
    retries: 0,
    timeout: 5_000,
    connectTimeout: 2_000,
  });
  try {
    const { brokers } = await admin.metadata({ topics: [] });
    if (brokers.size === 0) throw new Error('the broker has not joined yet');
  } finally {
    await admin.close();
  }
}
