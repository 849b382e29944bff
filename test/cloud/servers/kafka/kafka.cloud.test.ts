import { Admin, type AdminOptions } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { describeOn, sharedKafka } from '../../shared-servers.ts';
import { startTcpFaultProxy } from '../tcp-fault-proxy.ts';
import { KAFKA_USER, type Listener } from './broker-properties.ts';
import { startKafka } from './kafka.ts';

/** What a client does before it is let in: asks for the cluster's metadata. */
async function joins(broker: string, options: Partial<AdminOptions> = {}): Promise<number> {
  const admin = new Admin({
    clientId: 'test',
    bootstrapBrokers: [broker],
    retries: 0,
    connectTimeout: 5_000,
    ...options,
  });
  try {
    return (await admin.metadata({ topics: [] })).brokers.size;
  } finally {
    await admin.close();
  }
}

const unsignedToken = () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  return `${part({ alg: 'none' })}.${part({ sub: 'darkroom', iat: now, exp: now + 300 })}.`;
};

interface Case {
  readonly name: string;
  readonly listener: Listener;
  readonly sasl?: AdminOptions['sasl'];
  readonly trust?: 'ca' | 'system';
  readonly letIn: boolean;
}

const wrong = { ...KAFKA_USER, password: 'wrong' };
const cases: readonly Case[] = [
  { name: 'anybody on the plain listener', listener: 'plain', letIn: true },
  { name: 'PLAIN', listener: 'sasl', sasl: { mechanism: 'PLAIN', ...KAFKA_USER }, letIn: true },
  { name: 'PLAIN, wrong password', listener: 'sasl', sasl: { mechanism: 'PLAIN', ...wrong }, letIn: false },
  {
    name: 'SCRAM-SHA-256',
    listener: 'sasl',
    sasl: { mechanism: 'SCRAM-SHA-256', ...KAFKA_USER },
    letIn: true,
  },
  {
    name: 'SCRAM-SHA-512',
    listener: 'sasl',
    sasl: { mechanism: 'SCRAM-SHA-512', ...KAFKA_USER },
    letIn: true,
  },
  {
    name: 'SCRAM, wrong password',
    listener: 'sasl',
    sasl: { mechanism: 'SCRAM-SHA-512', ...wrong },
    letIn: false,
  },
  {
    name: 'a token',
    listener: 'sasl',
    sasl: { mechanism: 'OAUTHBEARER', token: unsignedToken },
    letIn: true,
  },
  {
    name: 'a broken token',
    listener: 'sasl',
    sasl: { mechanism: 'OAUTHBEARER', token: 'no.token.' },
    letIn: false,
  },
  { name: 'TLS by our authority', listener: 'tls', trust: 'ca', letIn: true },
  { name: 'TLS, the authority unknown', listener: 'tls', trust: 'system', letIn: false },
  {
    name: 'SCRAM over TLS',
    listener: 'sasl_tls',
    trust: 'ca',
    sasl: { mechanism: 'SCRAM-SHA-512', ...KAFKA_USER },
    letIn: true,
  },
  { name: 'nobody over TLS without SASL', listener: 'sasl_tls', trust: 'ca', letIn: false },
];

describeOn(['kafka'], 'the broker lets in', () => {
  test.each(cases)('$name: $letIn', async ({ listener, sasl, trust, letIn }) => {
    const { brokers, caPem } = await sharedKafka();
    const joining = joins(brokers[listener], {
      ...(sasl ? { sasl } : {}),
      ...(trust ? { tls: trust === 'ca' ? { ca: [caPem] } : {} } : {}),
      timeout: 10_000,
    });
    if (letIn) expect(await joining).toBe(1);
    else await expect(joining).rejects.toThrow();
  });
});

describeOn(['kafka'], 'a broker', () => {
  test('is reached through a proxy, keeps its topics over a kill', async () => {
    const proxy = await startTcpFaultProxy(1);
    const kafka = await startKafka({ advertised: { plain: proxy.port } });
    proxy.target = kafka.server.port;
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: [`127.0.0.1:${proxy.port}`], retries: 0 });
    await admin.createTopics({ topics: ['kept'], partitions: 1, replicas: 1 });
    await admin.close();
    await kafka.server.kill();
    await kafka.server.restart();
    const again = new Admin({ clientId: 'test', bootstrapBrokers: [`127.0.0.1:${proxy.port}`], retries: 5 });
    expect(await again.listTopics()).toContain('kept');
    await again.close();
    proxy.cut();
    await kafka.server.stop();
    await proxy.close();
  });
});
