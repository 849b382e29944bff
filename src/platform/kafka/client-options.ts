import { readFile } from 'node:fs/promises';
import type { BaseOptions, SASLOptions } from '@platformatic/kafka';
import type { KafkaSettings, SaslSettings, TlsSettings } from './kafka-settings.ts';

/** milliseconds until a connection or an answer is given up */
const CONNECT_MS = 5_000;
const ANSWER_MS = 20_000;

/** What every client of the cluster is made with. @throws system errors of the files that the settings name */
export async function clientOptions({ brokers, tls, sasl }: KafkaSettings): Promise<BaseOptions> {
  return {
    clientId: 'darkroom',
    bootstrapBrokers: [...brokers],
    connectTimeout: CONNECT_MS,
    requestTimeout: ANSWER_MS,
    // Whoever uses a client tries again by itself, with a new one.
    retries: 2,
    retryDelay: 250,
    autocreateTopics: false,
    ...(tls && { tls: await tlsOptions(tls) }),
    ...(sasl && { sasl: saslOptions(sasl) }),
  };
}

async function tlsOptions({ caFile, certFile, keyFile }: TlsSettings) {
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map(readIfNamed));
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

async function readIfNamed(path: string | undefined): Promise<Buffer | undefined> {
  return path === undefined ? undefined : await readFile(path);
}

const mechanisms = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
} as const;

function saslOptions(sasl: SaslSettings): SASLOptions {
  if (sasl.mechanism === 'oauthbearer') {
    const { tokenFile } = sasl;
    return { mechanism: 'OAUTHBEARER', token: async () => (await readFile(tokenFile, 'utf8')).trim() };
  }
  if (sasl.mechanism === 'aws-msk-iam') {
    const { region } = sasl;
    return {
      mechanism: 'OAUTHBEARER',
      token: async () => (await import('./msk-token.ts')).mskToken({ region }),
    };
  }
  const { mechanism, username, password } = sasl;
  return { mechanism: mechanisms[mechanism], username, password };
}
