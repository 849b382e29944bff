/**
 * npm run bench:kafka [-- --messages 10000 --bytes 200000 --own 300 --processes 2 --json FILE]
 *
 * Messages that are pictures, from a real broker through the pipeline, until the last image is ready; before and after
 * it, the same pictures straight through the API: the pipeline's own rate. Memory is the highest that the main process
 * has had. The broker is the one of `npm run test:cloud`, installed by the first of the two.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { createBroker } from '../../src/platform/kafka/open-broker.ts';
import { startKafka } from '../../test/cloud/servers/kafka/kafka.ts';
import { contenders } from '../contenders.ts';
import { Server } from '../server.ts';
import { fillTopic } from './fill-topic.ts';
import { jpegsOf } from './pictures.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '10000' },
    bytes: { type: 'string', default: '200000' },
    /** pictures straight through the API, before and after */
    own: { type: 'string', default: '300' },
    processes: { type: 'string', default: String(availableParallelism()) },
    json: { type: 'string', default: 'bench/results/kafka.json' },
  },
});
const TOPIC = 'photos';
const GROUP = 'darkroom';
const PICTURES = 40;

const messages = Number(values.messages);
const folder = await mkdtemp(join(tmpdir(), 'darkroom-bench-kafka-'));
const kafka = await startKafka();
const address = kafka.brokers.plain;
try {
  const pictures = await jpegsOf(Number(values.bytes), PICTURES);
  await fillTopic(address, { topic: TOPIC, partitions: 4, pictures, messages });
  const report = await measure(pictures);
  await mkdir(dirname(values.json), { recursive: true });
  await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  console.log(JSON.stringify(report, null, 2));
} finally {
  await kafka.server.stop();
  await rm(folder, { recursive: true, force: true });
}

async function measure(pictures: readonly Buffer[]) {
  const photos = await asFiles(pictures);
  const before = await ownRate(photos);
  const kafkaRun = await fromKafka();
  const after = await ownRate(photos);
  const own = (before + after) / 2;
  return {
    node: process.version,
    processes: Number(values.processes),
    messages,
    bytesPerMessage: Number(values.bytes),
    ...kafkaRun,
    ownImagesPerSecond: { before, after },
    kafkaToOwn: kafkaRun.imagesPerSecond / own,
  };
}

/** Straight through the API, on a server that knows no Kafka. */
async function ownRate(photos: readonly string[]): Promise<number> {
  const data = await mkdtemp(join(folder, 'own-'));
  const processes = Number(values.processes);
  const server = await Server.start(data, { DARKROOM_RENDERERS: values.processes });
  try {
    const work = Array.from({ length: Number(values.own) }, (_, n) => photos[n % photos.length] ?? '');
    const run = contenders['through the API'];
    if (!run) throw new Error('the bench has no way through the API');
    return await run({ photos: work, processes, folder, server });
  } finally {
    await server.stop();
    await rm(data, { recursive: true, force: true });
  }
}

async function fromKafka() {
  const data = join(folder, 'kafka');
  const broker = createBroker({ brokers: [address], group: GROUP }, pino({ level: 'silent' }));
  const server = await Server.start(data, {
    DARKROOM_RENDERERS: values.processes,
    DARKROOM_KAFKA_BROKERS: address,
    DARKROOM_KAFKA_TOPICS: TOPIC,
    DARKROOM_KAFKA_GROUP: GROUP,
  });
  const started = performance.now();
  const lag: { second: number; messages: number; ready: number }[] = [];
  try {
    for (let ready = 0; ready < messages; ) {
      await setTimeout(1_000);
      ready = await server.metric('darkroom_images{status="ready"}').catch(() => 0);
      const waiting = (await broker.lag([TOPIC])).reduce((sum, one) => sum + Number(one.lag), 0);
      lag.push({ second: Math.round((performance.now() - started) / 1000), messages: waiting, ready });
      if (lag.length % 10 === 0) console.error(`${ready} of ${messages} ready, ${waiting} wait in Kafka`);
    }
    const seconds = (performance.now() - started) / 1000;
    const { main, renderers } = server.memory();
    const every = Math.max(1, Math.ceil(lag.length / 20));
    return {
      seconds,
      imagesPerSecond: messages / seconds,
      mainPeakMegabytes: main / 1e6,
      rendererPeakMegabytes: renderers.map((size) => size / 1e6),
      lag: lag.filter((_, n) => n % every === 0 || n === lag.length - 1),
    };
  } finally {
    await server.stop();
    await rm(data, { recursive: true, force: true });
  }
}

async function asFiles(pictures: readonly Buffer[]): Promise<string[]> {
  return await Promise.all(
    pictures.map(async (picture, n) => {
      const path = join(folder, `${n}.jpg`);
      await writeFile(path, picture);
      return path;
    }),
  );
}
