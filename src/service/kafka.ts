import type { Logger } from 'pino';
import type { Settings } from '../config.ts';
import { Failure } from '../failures.ts';
import type { Intake } from '../intake/intake.ts';
import type { Broker, KafkaMessage } from '../intake/kafka/broker.ts';
import { REASON_HEADERS } from '../intake/kafka/dead-letters.ts';
import { headerIn } from '../intake/kafka/message.ts';
import { takeFromKafka } from '../intake/kafka/take-from-kafka.ts';
import { kafkaSink } from '../notices/kafka-sink.ts';
import type { Sink } from '../notices/sinks.ts';
import type { Queue } from '../pipeline/queue.ts';
import { collectBuffersSooner } from '../platform/kafka/collect-sooner.ts';
import type { KafkaSettings, SaslSettings, TlsSettings } from '../platform/kafka/kafka-settings.ts';
import { openPointed } from '../platform/kafka/pointed-places.ts';

/** The part of the composition that knows Kafka. Its client is loaded only where brokers are named. */
export async function openKafka(settings: Settings, log: Logger): Promise<Broker> {
  const { createBroker } = await import('../platform/kafka/open-broker.ts');
  return createBroker(kafkaSettings(settings), log);
}

/** What is told of events, where a topic for them is named. */
export async function kafkaEvents(settings: Settings, log: Logger): Promise<Sink[]> {
  const { kafkaBrokers, kafkaEventsTopic } = settings;
  if (kafkaBrokers === undefined || kafkaEventsTopic === undefined) return [];
  return [kafkaSink(await openKafka(settings, log), kafkaEventsTopic)];
}

/** Takes messages for as long as it runs; nothing where no topics are named. */
export async function startKafkaIntake(
  settings: Settings,
  { intake, queue, log }: { intake: Pick<Intake, 'receive'>; queue: Pick<Queue, 'depth'>; log: Logger },
): Promise<{ stop(): Promise<void> } | undefined> {
  const { kafkaBrokers, kafkaTopics = [], kafkaQueueLimit } = settings;
  if (kafkaBrokers === undefined || kafkaTopics.length === 0) return undefined;
  collectBuffersSooner();
  return takeFromKafka({
    ...{ intake, log },
    ...kafkaTaking(settings),
    broker: await openKafka(settings, log),
    topics: kafkaTopics.map(({ topic }) => topic),
    deadLetterTopic: settings.kafkaDeadLetterTopic,
    bytesInFlight: settings.kafkaInFlightBytes,
    hasRoom: async () => (await queue.depth()).background.waiting < kafkaQueueLimit,
  });
}

/** What taking a message needs to know, whoever reads it. */
export function kafkaTaking(settings: Settings) {
  const { kafkaTopics = [], kafkaUser, kafkaPointers = [], kafkaDeadLetterTopic } = settings;
  const { s3Endpoint: endpoint, s3Compat } = settings;
  const owners = new Map(kafkaTopics.map(({ topic, tenantId }) => [topic, tenantId]));
  return {
    userId: kafkaUser,
    pointed: openPointed(kafkaPointers, { ...(endpoint !== undefined && { endpoint }), isCompat: s3Compat }),
    /** A dead letter belongs to whom it came from. */
    tenantOf({ topic, headers }: KafkaMessage): string {
      const origin = topic === kafkaDeadLetterTopic ? headerIn(headers, REASON_HEADERS.topic) : topic;
      const tenantId = owners.get(origin ?? '');
      if (tenantId !== undefined) return tenantId;
      throw new Failure(
        'invalid_request',
        `${origin} belongs to no tenant. DARKROOM_KAFKA_TOPICS says whose it is.`,
      );
    },
  };
}

/** @throws Failure `invalid_settings` where no brokers are named */
function kafkaSettings(settings: Settings): KafkaSettings {
  const { kafkaBrokers: brokers, kafkaGroup: group, kafkaTls } = settings;
  if (brokers === undefined)
    throw new Failure('invalid_settings', 'No Kafka brokers are named. Set DARKROOM_KAFKA_BROKERS.');
  const sasl = saslOf(settings);
  return { brokers, group, ...(kafkaTls && { tls: tlsOf(settings) }), ...(sasl && { sasl }) };
}

function tlsOf({ kafkaTlsCaFile, kafkaTlsCertFile, kafkaTlsKeyFile }: Settings): TlsSettings {
  return {
    ...(kafkaTlsCaFile !== undefined && { caFile: kafkaTlsCaFile }),
    ...(kafkaTlsCertFile !== undefined && { certFile: kafkaTlsCertFile }),
    ...(kafkaTlsKeyFile !== undefined && { keyFile: kafkaTlsKeyFile }),
  };
}

/** What each mechanism cannot do without has been checked with the settings. */
function saslOf(settings: Settings): SaslSettings | undefined {
  const { kafkaSaslMechanism: mechanism, kafkaSaslUsername: username = '' } = settings;
  if (mechanism === 'none') return undefined;
  if (mechanism === 'oauthbearer') return { mechanism, tokenFile: settings.kafkaSaslTokenFile ?? '' };
  if (mechanism === 'aws-msk-iam') return { mechanism, region: settings.kafkaAwsRegion ?? '' };
  return { mechanism, username, password: settings.kafkaSaslPassword ?? '' };
}
