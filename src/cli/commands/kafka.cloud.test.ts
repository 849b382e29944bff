import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { describeOn, sharedKafka } from '../../../test/cloud/shared-servers.ts';
import { collect, makeTopic, produce, silent } from '../../intake/kafka/testing/kafka-house.ts';
import { sample } from '../../intake/testing/house.ts';
import { createBroker } from '../../platform/kafka/open-broker.ts';
import { TestService } from '../testing/service.ts';

const LONG = { timeout: 50_000, interval: 250 };

describeOn(['kafka'], 'a service with Kafka on both sides', () => {
  let folder: string;
  let service: TestService;
  let address: string;
  const id = randomUUID().slice(0, 8);
  const [topic, events, letters] = [`in-${id}`, `events-${id}`, `letters-${id}`];

  beforeAll(async () => {
    address = (await sharedKafka()).brokers.plain;
    folder = await mkdtemp(join(tmpdir(), 'darkroom-kafka-'));
    await makeTopic(address, topic, 2);
    service = await TestService.start(join(folder, 'data'), {
      DARKROOM_KAFKA_BROKERS: address,
      DARKROOM_KAFKA_TOPICS: topic,
      DARKROOM_KAFKA_GROUP: `group-${id}`,
      DARKROOM_KAFKA_EVENTS_TOPIC: events,
      DARKROOM_KAFKA_DEAD_LETTER_TOPIC: letters,
      DARKROOM_KAFKA_POINTERS: `${pathToFileURL(join(folder, 'drops')).href}/`,
      DARKROOM_RENDERERS: '1',
    });
  });
  afterAll(async () => {
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const ready = (count: number) =>
    vi.waitFor(async () => {
      const { images } = await service.json(['ls', '--status', 'ready']);
      expect(images).toHaveLength(count);
      return images;
    }, LONG);

  it('makes images ready, tells of them, says how far it is, and reads once more', async () => {
    const cat = await sample('chelsea.png');
    await mkdir(join(folder, 'drops'));
    await writeFile(join(folder, 'drops/pointed.png'), cat);
    const data = { url: pathToFileURL(join(folder, 'drops/pointed.png')).href };
    const event = { specversion: '1.0', id: '1', source: '/test', type: 'photo.taken', data };
    await produce(address, topic, [
      { value: cat, headers: { filename: 'cat.png' } },
      { value: Buffer.from('no picture'), headers: { filename: 'note.txt' } },
      {
        value: Buffer.from(JSON.stringify(event)),
        headers: { 'content-type': 'application/cloudevents+json' },
      },
    ]);
    const images = await ready(2);
    const names = images.map((image: { original: { filename: string } }) => image.original.filename);
    expect(names.toSorted()).toEqual(['cat.png', 'pointed.png']);

    await vi.waitFor(
      async () => expect(await service.json(['kafka', 'lag'])).toMatchObject({ lag: 0 }),
      LONG,
    );

    expect(
      await service.json(['kafka', 'replay', '--from', 'oldest', '--to', '1h', '--topic', topic]),
    ).toEqual({
      ...{ read: 0, taken: 0, repeated: 0, dropped: 0 },
      refused: [],
    });
    const again = await service.cli(['kafka', 'replay', '--from', 'oldest', '--json']);
    expect(again.code).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({
      ...{ read: 3, taken: 0, repeated: 2 },
      refused: [{ topic, code: 'unsupported_format' }],
    });
    const replayed = await service.cli(['kafka', 'replay', '--from', '0', '--topic', letters, '--json']);
    expect(JSON.parse(replayed.stdout)).toMatchObject({ read: 1, refused: [{ code: 'unsupported_format' }] });

    const imageId = images[0].image_id;
    await service.json(['rm', imageId]);
    const broker = createBroker({ brokers: [address], group: 'reader' }, silent);
    await vi.waitFor(async () => {
      const told = await collect(
        broker.read({ topic: events, from: { offset: 0n } }, AbortSignal.timeout(10_000)),
      );
      const ofImage = told.filter(({ key }) => String(key) === imageId);
      const types = ofImage.map(({ headers }) => String(headers.find(([name]) => name === 'ce_type')?.[1]));
      expect(types).toEqual(['image.received', 'image.processing', 'image.ready', 'image.erased']);
      expect(ofImage.at(-1)?.value).toBeUndefined();
    }, LONG);
  }, 120_000);

  it.each([
    [['kafka', 'replay'], 'Say where to begin'],
    [['kafka', 'replay', '--from', 'yesterday'], 'is no mark'],
    [['kafka', 'replay', '--from', '1h', '--partition', 'x'], '--partition must be a number'],
    [['kafka', 'lag', '--from', '1h'], 'lag takes none'],
    [['kafka', 'elsewhere'], 'elsewhere'],
  ])('%j is wrong usage', async (args, words) => {
    const { code, stderr } = await service.cli(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  });
});
