import { STORE_PASSWORD } from './tls.ts';

export const KAFKA_USER = { username: 'darkroom', password: 'darkroom-kafka-secret' } as const;

/** The listeners a broker can have, each on a port of its own. Their order is the order of the ports. */
export const listeners = ['plain', 'sasl', 'tls', 'sasl_tls'] as const;
export type Listener = (typeof listeners)[number];

const protocols: Readonly<Record<Listener, string>> = {
  plain: 'PLAINTEXT',
  sasl: 'SASL_PLAINTEXT',
  tls: 'SSL',
  sasl_tls: 'SASL_SSL',
};

export interface BrokerSettings {
  readonly folder: string;
  /** port of each listener, by name */
  readonly ports: Readonly<Record<Listener, number>>;
  readonly controllerPort: number;
  /** what clients are told to connect to, where it is not the listener itself: a proxy's port */
  readonly advertised: Partial<Readonly<Record<Listener, number>>>;
  readonly keyStore: string;
  /** further lines of server.properties */
  readonly extra: Readonly<Record<string, string>>;
}

/** The broker's server.properties: one node, broker and controller in one, everything on loopback. */
export function brokerProperties(settings: BrokerSettings): string {
  const { folder, ports, controllerPort, advertised } = settings;
  const at = (port: Readonly<Partial<Record<Listener, number>>>) =>
    listeners.map((name) => `${name.toUpperCase()}://127.0.0.1:${port[name] ?? ports[name]}`);
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  const oauth = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule';
  const saslLines = (name: Listener) => {
    const prefix = `listener.name.${name}`;
    return [
      `${prefix}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER`,
      `${prefix}.plain.sasl.jaas.config=${plain} required user_${KAFKA_USER.username}="${KAFKA_USER.password}";`,
      `${prefix}.scram-sha-256.sasl.jaas.config=${scram} required;`,
      `${prefix}.scram-sha-512.sasl.jaas.config=${scram} required;`,
      // Tokens without a signature, which this validator takes: what is tested is that the client sends fresh ones.
      `${prefix}.oauthbearer.sasl.jaas.config=${oauth} required unsecuredLoginStringClaim_sub="broker";`,
    ];
  };
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAIN',
    `listeners=${[...at({}), `CONTROLLER://127.0.0.1:${controllerPort}`].join(',')}`,
    `advertised.listeners=${at(advertised).join(',')}`,
    `listener.security.protocol.map=${[...listeners.map((name) => `${name.toUpperCase()}:${protocols[name]}`), 'CONTROLLER:PLAINTEXT'].join(',')}`,
    `log.dirs=${folder}/kraft`,
    'ssl.keystore.type=PKCS12',
    `ssl.keystore.location=${settings.keyStore}`,
    `ssl.keystore.password=${STORE_PASSWORD}`,
    ...saslLines('sasl'),
    ...saslLines('sasl_tls'),
    'num.partitions=3',
    'auto.create.topics.enable=false',
    'offsets.topic.num.partitions=3',
    'offsets.topic.replication.factor=1',
    'transaction.state.log.num.partitions=3',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    'group.min.session.timeout.ms=1000',
    'log.cleaner.dedupe.buffer.size=2097152',
    // A broker killed with -9 may join again only when its old session has ended: 9 s by default.
    'broker.session.timeout.ms=3000',
    'broker.heartbeat.interval.ms=500',
    ...Object.entries(settings.extra).map(([key, value]) => `${key}=${value}`),
    '',
  ].join('\n');
}
