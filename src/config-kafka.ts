import { bytes, choice, count, file, flag, type Kind, words } from './config-kinds.ts';
import type { Setting, SettingFault } from './config-reading.ts';

/** A topic that is read, and whose its images are. */
export interface OwnedTopic {
  readonly topic: string;
  readonly tenantId: string;
}

/** Without more words, a topic belongs to the first tenant. */
const FIRST_TENANT = 'main';

/** https://kafka.apache.org/documentation/: what a topic may be called */
const TOPIC = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;
const TENANT = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const BROKER = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+):\d{1,5}$/i;

const brokers: Kind<readonly string[]> = {
  unit: 'host:port, …',
  expects: 'addresses with ports and commas in between, such as kafka-1:9092, kafka-2:9092',
  parse: (text) => listOf(text, (part) => (BROKER.test(part) ? part : undefined)),
  show: (list) => list.join(', '),
};

const topic: Kind<string> = {
  unit: 'topic',
  expects: 'the name of a topic: 1 to 249 characters out of A-Z a-z 0-9 . _ -',
  parse: (text) => (TOPIC.test(text.trim()) ? text.trim() : undefined),
  show: String,
};

const ownedTopics: Kind<readonly OwnedTopic[]> = {
  unit: 'topics',
  expects:
    'topics with commas in between, each with its tenant where that is not "main": photos, acme-photos=acme',
  parse: (text) => listOf(text, parseOwnedTopic),
  show: (list) =>
    list
      .map(({ topic, tenantId }) => (tenantId === FIRST_TENANT ? topic : `${topic}=${tenantId}`))
      .join(', '),
};

const places: Kind<readonly string[]> = {
  unit: 'URLs',
  expects:
    'places with commas in between, each with a slash at its end: file:///photos/, s3://bucket/prefix/',
  parse: (text) => listOf(text, parsePlace),
  show: (list) => list.join(', '),
};

const password: Kind<string> = {
  unit: 'secret',
  expects: '1 to 1024 characters, without line breaks and other control characters',
  parse: (text) => (/^[^\p{Cc}]{1,1024}$/u.test(text) ? text : undefined),
  show: () => '(set, not shown)',
};

const personId: Kind<string> = {
  unit: 'user id',
  expects: '1 to 128 characters without spaces',
  parse: (text) => (/^[^\p{C}\s]{1,128}$/u.test(text) ? text : undefined),
  show: String,
};

export const kafkaRows = {
  kafkaBrokers: {
    variable: 'DARKROOM_KAFKA_BROKERS',
    ...brokers,
    fallbackMeaning: 'none: Kafka is not used',
    meaning: 'brokers of a Kafka cluster to begin with; it names the others',
  },
  kafkaTopics: {
    variable: 'DARKROOM_KAFKA_TOPICS',
    ...ownedTopics,
    fallbackMeaning: 'none',
    meaning: 'topics whose messages become images, each with the tenant that its images belong to',
  },
  kafkaGroup: {
    variable: 'DARKROOM_KAFKA_GROUP',
    ...topic,
    expects: 'the name of a consumer group: 1 to 249 characters out of A-Z a-z 0-9 . _ -',
    unit: 'group',
    fallback: 'darkroom',
    meaning: 'the consumer group that shares the partitions of these topics',
  },
  kafkaUser: {
    variable: 'DARKROOM_KAFKA_USER',
    ...personId,
    fallback: 'owner',
    meaning: 'whose the images are whose messages have no header user-id',
  },
  kafkaDeadLetterTopic: {
    variable: 'DARKROOM_KAFKA_DEAD_LETTER_TOPIC',
    ...topic,
    fallback: 'darkroom.dead-letters',
    meaning: 'where messages go that no image can be made of; made where it is missing',
  },
  kafkaEventsTopic: {
    variable: 'DARKROOM_KAFKA_EVENTS_TOPIC',
    ...topic,
    fallbackMeaning: 'none',
    meaning: 'where it is told what happens to images, with the image id as the key',
  },
  kafkaPointers: {
    variable: 'DARKROOM_KAFKA_POINTERS',
    ...places,
    fallbackMeaning: 'none: messages bring their bytes along',
    meaning:
      'places that messages may point to instead of bringing the bytes along; nothing else is ever looked at',
  },
  kafkaInFlightBytes: {
    variable: 'DARKROOM_KAFKA_IN_FLIGHT',
    ...bytes('1MiB', '4GiB'),
    fallback: '16MiB',
    meaning: 'messages that are read and not yet stored, in bytes; a single one may be larger',
  },
  kafkaQueueLimit: {
    variable: 'DARKROOM_KAFKA_QUEUE_LIMIT',
    ...count(1, 1_000_000),
    fallback: '500',
    meaning:
      'images that wait in the background lane while more messages are read; beyond that they wait in Kafka',
  },
  kafkaTls: {
    variable: 'DARKROOM_KAFKA_TLS',
    ...flag,
    fallback: 'false',
    meaning: 'whether connections to the brokers are encrypted',
  },
  kafkaTlsCaFile: {
    variable: 'DARKROOM_KAFKA_TLS_CA',
    ...file,
    fallbackMeaning: 'the authorities that Node knows',
    meaning: 'the authority that signed the certificates of the brokers, as PEM',
  },
  kafkaTlsCertFile: {
    variable: 'DARKROOM_KAFKA_TLS_CERT',
    ...file,
    fallbackMeaning: 'none',
    meaning: 'our certificate, for brokers that ask for one, as PEM',
  },
  kafkaTlsKeyFile: {
    variable: 'DARKROOM_KAFKA_TLS_KEY',
    ...file,
    fallbackMeaning: 'none',
    meaning: 'its private key, as PEM',
  },
  kafkaSaslMechanism: {
    variable: 'DARKROOM_KAFKA_SASL_MECHANISM',
    ...choice('none', 'plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer', 'aws-msk-iam'),
    fallback: 'none',
    meaning: 'how the brokers learn who we are',
  },
  kafkaSaslUsername: {
    variable: 'DARKROOM_KAFKA_SASL_USERNAME',
    ...words,
    fallbackMeaning: 'none',
    meaning: 'the name for plain and scram',
  },
  kafkaSaslPassword: {
    variable: 'DARKROOM_KAFKA_SASL_PASSWORD',
    ...password,
    fallbackMeaning: 'none',
    meaning: 'the password for plain and scram',
    isSecret: true,
  },
  kafkaSaslTokenFile: {
    variable: 'DARKROOM_KAFKA_SASL_TOKEN_FILE',
    ...file,
    fallbackMeaning: 'none',
    meaning: 'a file with the token for oauthbearer, read anew for each connection',
  },
  kafkaAwsRegion: {
    variable: 'DARKROOM_KAFKA_AWS_REGION',
    ...words,
    fallbackMeaning: 'none',
    meaning: 'the region of the MSK cluster, for aws-msk-iam; who we are comes from where the AWS SDK looks',
  },
} as const satisfies Record<string, Setting>;

type Rows = typeof kafkaRows;
type Read = { readonly [Name in keyof Rows]: unknown } & {
  readonly kafkaBrokers: readonly string[] | undefined;
  readonly kafkaTopics: readonly OwnedTopic[] | undefined;
  readonly kafkaEventsTopic: string | undefined;
  readonly kafkaDeadLetterTopic: string;
  readonly kafkaTls: boolean;
  readonly kafkaSaslMechanism: string;
};

/** Which setting a mechanism cannot do without. */
const needs: Readonly<Record<string, readonly (keyof Rows)[]>> = {
  plain: ['kafkaSaslUsername', 'kafkaSaslPassword'],
  'scram-sha-256': ['kafkaSaslUsername', 'kafkaSaslPassword'],
  'scram-sha-512': ['kafkaSaslUsername', 'kafkaSaslPassword'],
  oauthbearer: ['kafkaSaslTokenFile'],
  'aws-msk-iam': ['kafkaAwsRegion'],
};

/** Values that are each right and wrong together. */
export function kafkaFaults(settings: Read): SettingFault[] {
  const { kafkaBrokers, kafkaTopics = [], kafkaEventsTopic, kafkaSaslMechanism: mechanism } = settings;
  const faults: SettingFault[] = [];
  const fault = (name: keyof Rows, expected: string, got: string) => {
    faults.push({ setting: kafkaRows[name].variable, expected, got });
  };
  const isUsed = kafkaTopics.length > 0 || kafkaEventsTopic !== undefined;
  if (isUsed && kafkaBrokers === undefined) fault('kafkaBrokers', 'the brokers of the topics', 'nothing');
  const names = kafkaTopics.map(({ topic: name }) => name);
  if (new Set(names).size < names.length) fault('kafkaTopics', 'each topic once', names.join(', '));
  for (const out of ['kafkaEventsTopic', 'kafkaDeadLetterTopic'] as const) {
    const name = settings[out];
    // What is written there would be read as a picture.
    if (name !== undefined && names.includes(name))
      fault(out, `a topic that ${kafkaRows.kafkaTopics.variable} does not name`, name);
  }
  if (kafkaEventsTopic !== undefined && kafkaEventsTopic === settings.kafkaDeadLetterTopic)
    fault(
      'kafkaEventsTopic',
      `another topic than ${kafkaRows.kafkaDeadLetterTopic.variable}`,
      kafkaEventsTopic,
    );
  for (const name of needs[mechanism] ?? []) {
    if (settings[name] === undefined) fault(name, `to be set for ${mechanism}`, 'nothing');
  }
  for (const name of ['kafkaTlsCaFile', 'kafkaTlsCertFile', 'kafkaTlsKeyFile'] as const) {
    if (settings[name] !== undefined && !settings.kafkaTls)
      fault(name, `${kafkaRows.kafkaTls.variable} to be true with it`, 'false');
  }
  if ((settings.kafkaTlsCertFile === undefined) !== (settings.kafkaTlsKeyFile === undefined))
    fault(
      'kafkaTlsKeyFile',
      `to be set together with ${kafkaRows.kafkaTlsCertFile.variable}`,
      'only one of the two',
    );
  if (mechanism === 'plain' && !settings.kafkaTls && !kafkaBrokers?.every(isOnThisMachine))
    fault(
      'kafkaSaslMechanism',
      `plain only with ${kafkaRows.kafkaTls.variable}: it sends the password as it is`,
      mechanism,
    );
  return faults;
}

function isOnThisMachine(broker: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]):\d+$/.test(broker);
}

function listOf<T>(text: string, parse: (part: string) => T | undefined): readonly T[] | undefined {
  const found = text.split(',').map((part) => parse(part.trim()));
  const whole = found.filter((one) => one !== undefined);
  return whole.length === found.length ? whole : undefined;
}

function parseOwnedTopic(text: string): OwnedTopic | undefined {
  const [name = '', tenantId = FIRST_TENANT, ...more] = text.split('=').map((part) => part.trim());
  return more.length === 0 && TOPIC.test(name) && TENANT.test(tenantId)
    ? { topic: name, tenantId }
    : undefined;
}

/** A folder of this machine, or a part of a bucket: never a place that is asked by HTTP. */
function parsePlace(text: string): string | undefined {
  if (!URL.canParse(text) || !text.endsWith('/')) return undefined;
  const { protocol, host, search, hash, username, href } = new URL(text);
  if (search || hash || username) return undefined;
  const isPlace = protocol === 'file:' ? host === '' : protocol === 's3:' && host !== '';
  return isPlace ? href : undefined;
}
