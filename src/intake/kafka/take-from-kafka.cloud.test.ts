import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { describeOn, sharedKafka } from '../../../test/cloud/shared-servers.ts';
import { Failure } from '../../failures.ts';
import { sample, sha256 } from '../testing/house.ts';
import { type KafkaHouse, openKafkaHouse, type Sent } from './testing/kafka-house.ts';

const LONG = { timeout: 20_000, interval: 50 };

describeOn(['kafka'], 'messages of a Kafka topic', () => {
  let house: KafkaHouse;
  let cat: Buffer;

  beforeEach(async () => {
    house = await openKafkaHouse((await sharedKafka()).brokers.plain, { partitions: 3 });
    cat = await sample('chelsea.png');
  });
  afterEach(() => house?.close());

  const taken = (count: number) =>
    vi.waitFor(async () => expect(await house.images()).toHaveLength(count), LONG);
  const allCommitted = () => vi.waitFor(async () => expect(await house.lag()).toBe(0n), LONG);
  const deadLetters = (count: number) =>
    vi.waitFor(async () => {
      const letters = await house.contents(house.deadLetterTopic);
      expect(letters).toHaveLength(count);
      return letters;
    }, LONG);

  it('that are image bytes become images, with what their headers say', async () => {
    house.take();
    await house.send({
      value: cat,
      headers: {
        filename: 'cat.png',
        'content-type': 'image/png',
        'user-id': 'u-17',
        tags: '{"team":"web"}',
        sha256: sha256(cat),
      },
    });
    await taken(1);
    expect((await house.images())[0]?.record).toMatchObject({
      status: 'received',
      source: 'kafka',
      tenant_id: 'main',
      user_id: 'u-17',
      tags: { team: 'web' },
      original: { filename: 'cat.png', format: 'png', sha256: sha256(cat) },
    });
    const [event] = await house.platform.events.undelivered(10);
    expect(event).toMatchObject({ type: 'image.received', lane: 'background' });
    await allCommitted();
  });

  it('that say nothing of themselves belong to the configured person and are named for their place', async () => {
    house.take();
    await house.send({ value: cat, partition: 1 });
    await taken(1);
    expect((await house.images())[0]?.record).toMatchObject({
      user_id: 'owner',
      original: { filename: `${house.topic}-1-0` },
    });
  });

  it('that no image can be made of go to the dead letters with the reason, and the partition goes on', async () => {
    house.take();
    const bad: [string, Sent][] = [
      ['unsupported_format', { value: Buffer.from('no picture'), key: 'k1' }],
      ['empty_file', { key: 'tombstone' }],
      ['empty_file', { value: Buffer.alloc(0) }],
      ['file_too_large', { value: Buffer.concat([cat, Buffer.alloc(800_000)]) }],
      ['invalid_request', { value: cat, headers: { tags: 'not JSON' } }],
      ['invalid_request', { value: cat, headers: { tags: '["list"]' } }],
      ['invalid_request', { value: cat, headers: { 'user-id': 'two words' } }],
      ['pipeline_not_found', { value: cat, headers: { pipeline: 'nowhere' } }],
      ['checksum_mismatch', { value: cat, headers: { sha256: '0'.repeat(64) } }],
      [
        'invalid_request',
        { value: Buffer.from('{}'), headers: { 'content-type': 'application/cloudevents+json' } },
      ],
    ];
    const inOrder = [...bad.map(([, sent]) => sent), { value: cat }].map((sent) => ({
      ...sent,
      partition: 0,
    }));
    for (const sent of inOrder) await house.send(sent);
    await taken(1);
    await allCommitted();
    const letters = await deadLetters(bad.length);
    const said = letters.map(({ headers }) => Object.fromEntries(headers.map(([k, v]) => [k, String(v)])));
    const byOffset = new Map(said.map((headers) => [Number(headers['darkroom-offset']), headers]));
    bad.forEach(([code], offset) => {
      expect(byOffset.get(offset), `${offset}`).toMatchObject({
        'darkroom-error-code': code,
        'darkroom-topic': house.topic,
        'darkroom-partition': '0',
      });
    });
    const first = letters.find(({ key }) => String(key) === 'k1');
    expect(String(first?.value)).toBe('no picture');
    expect(await house.bytesLeft()).toMatchObject({ partials: [], files: [] });
  });

  it('are read again after the group lost its place, and make nothing twice', async () => {
    const first = house.take();
    await house.send(
      ...Array.from({ length: 12 }, (_, n) => ({ value: cat, headers: { filename: `${n}.png` } })),
    );
    await taken(12);
    await first.stop();
    const other = { ...house.settings, group: `${house.settings.group}-anew` };
    const { createBroker } = await import('../../platform/kafka/open-broker.ts');
    const { silent } = await import('./testing/kafka-house.ts');
    const broker = createBroker(other, silent);
    house.take({ broker });
    await vi.waitFor(async () => {
      const lags = await broker.lag([house.topic]);
      expect(lags.every(({ lag }) => lag === 0n)).toBe(true);
    }, LONG);
    expect(await house.images()).toHaveLength(12);
    expect((await house.bytesLeft()).objects).toHaveLength(12);
  });

  it('wait while the storage is full, and are never dead letters for that', async () => {
    let isFull = true;
    house.take({
      intake: {
        receive: async (arrival) => {
          if (isFull) throw new Failure('storage_full', 'full');
          return await house.intake.receive(arrival);
        },
      },
    });
    await house.send({ value: cat }, { value: cat });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await house.lag()).toBe(2n);
    isFull = false;
    await taken(2);
    await allCommitted();
    expect(await house.contents(house.deadLetterTopic)).toEqual([]);
  });

  it('wait in Kafka while the pipeline has enough to do', async () => {
    let hasRoom = false;
    house.take({ hasRoom: async () => hasRoom });
    await house.send({ value: cat }, { value: cat });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await house.images()).toEqual([]);
    hasRoom = true;
    await taken(2);
  });

  it('never take more memory at once than is allowed', async () => {
    let bytes = 0;
    let most = 0;
    house.take({
      bytesInFlight: 3 * cat.length,
      intake: {
        async receive(arrival) {
          bytes += arrival.size ?? 0;
          most = Math.max(most, bytes);
          const landed = await house.intake.receive(arrival).finally(() => {
            bytes -= arrival.size ?? 0;
          });
          return landed;
        },
      },
    });
    await house.send(...Array.from({ length: 3 }, () => ({ value: cat })));
    for (let n = 0; n < 9; n += 1) await house.send({ value: cat, partition: n % 3 });
    await taken(12);
    expect(most).toBeGreaterThan(cat.length);
    expect(most).toBeLessThanOrEqual(3 * cat.length);
  });
});
