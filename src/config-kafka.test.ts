import { describe, expect, it } from 'vitest';
import { Failure } from './failures.ts';
import { readSettings } from './read-settings.ts';

const base = { DARKROOM_KAFKA_BROKERS: 'kafka-1:9092, kafka-2:9092', DARKROOM_KAFKA_TOPICS: 'photos' };

function faultsOf(env: Readonly<Record<string, string>>): string[] {
  try {
    readSettings({ env });
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return (error.extra.faults as { setting: string }[]).map(({ setting }) => setting);
  }
}

describe('settings of Kafka', () => {
  it('name brokers, topics and whose these are', () => {
    const { settings } = readSettings({
      env: { ...base, DARKROOM_KAFKA_TOPICS: 'photos, acme.photos = acme' },
    });
    expect(settings.kafkaBrokers).toEqual(['kafka-1:9092', 'kafka-2:9092']);
    expect(settings.kafkaTopics).toEqual([
      { topic: 'photos', tenantId: 'main' },
      { topic: 'acme.photos', tenantId: 'acme' },
    ]);
    expect(settings.kafkaGroup).toBe('darkroom');
  });

  it('may be left out altogether', () => {
    expect(readSettings({ env: {} }).settings.kafkaBrokers).toBeUndefined();
  });

  const PLAIN = { DARKROOM_KAFKA_SASL_MECHANISM: 'plain', DARKROOM_KAFKA_SASL_USERNAME: 'u' };
  it.each<[string, Record<string, string>, string[]]>([
    ['a broker without a port', { DARKROOM_KAFKA_BROKERS: 'kafka-1' }, ['DARKROOM_KAFKA_BROKERS']],
    ['a topic that none can be called', { DARKROOM_KAFKA_TOPICS: 'a b' }, ['DARKROOM_KAFKA_TOPICS']],
    ['a tenant that none can be called', { DARKROOM_KAFKA_TOPICS: 'a=b/c' }, ['DARKROOM_KAFKA_TOPICS']],
    ['a topic named twice', { DARKROOM_KAFKA_TOPICS: 'a,a=acme' }, ['DARKROOM_KAFKA_TOPICS']],
    ['topics without brokers', { DARKROOM_KAFKA_BROKERS: '' }, ['DARKROOM_KAFKA_BROKERS']],
    ['events into what is read', { DARKROOM_KAFKA_EVENTS_TOPIC: 'photos' }, ['DARKROOM_KAFKA_EVENTS_TOPIC']],
    [
      'dead letters into what is read',
      { DARKROOM_KAFKA_DEAD_LETTER_TOPIC: 'photos' },
      ['DARKROOM_KAFKA_DEAD_LETTER_TOPIC'],
    ],
    [
      'events among the dead letters',
      { DARKROOM_KAFKA_EVENTS_TOPIC: 'darkroom.dead-letters' },
      ['DARKROOM_KAFKA_EVENTS_TOPIC'],
    ],
    [
      'a name without a password, in the open',
      PLAIN,
      ['DARKROOM_KAFKA_SASL_PASSWORD', 'DARKROOM_KAFKA_SASL_MECHANISM'],
    ],
    ['no token', { DARKROOM_KAFKA_SASL_MECHANISM: 'oauthbearer' }, ['DARKROOM_KAFKA_SASL_TOKEN_FILE']],
    ['no region', { DARKROOM_KAFKA_SASL_MECHANISM: 'aws-msk-iam' }, ['DARKROOM_KAFKA_AWS_REGION']],
    ['an authority and no TLS', { DARKROOM_KAFKA_TLS_CA: '/ca.pem' }, ['DARKROOM_KAFKA_TLS_CA']],
    [
      'a certificate without its key',
      { DARKROOM_KAFKA_TLS: 'true', DARKROOM_KAFKA_TLS_CERT: '/c.pem' },
      ['DARKROOM_KAFKA_TLS_KEY'],
    ],
    [
      'pointers over HTTP',
      { DARKROOM_KAFKA_POINTERS: 'http://169.254.169.254/' },
      ['DARKROOM_KAFKA_POINTERS'],
    ],
    ['pointers to a file', { DARKROOM_KAFKA_POINTERS: 'file:///etc/passwd' }, ['DARKROOM_KAFKA_POINTERS']],
  ])('refuse %s', (_, env, faults) => {
    expect(faultsOf({ ...base, ...env })).toEqual(faults);
  });

  it('take a password over TLS, or to this machine', () => {
    const named = { ...PLAIN, DARKROOM_KAFKA_SASL_PASSWORD: 'p w/ö' };
    expect(faultsOf({ ...base, ...named, DARKROOM_KAFKA_TLS: 'true' })).toEqual([]);
    expect(faultsOf({ ...base, ...named, DARKROOM_KAFKA_BROKERS: '127.0.0.1:9092' })).toEqual([]);
  });
});
