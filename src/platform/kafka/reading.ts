import { type Admin, type BaseOptions, Consumer } from '@platformatic/kafka';
import type {
  KafkaMessage,
  Mark,
  PartitionLag,
  ReadingRange,
  TopicPartition,
} from '../../intake/kafka/broker.ts';
import { fetchMessages, placeKey } from './fetching.ts';

const OLDEST = -2n;
const END = -1n;

/** How far the group is behind, partition by partition. */
export async function lagOf(admin: Admin, group: string, topics: readonly string[]): Promise<PartitionLag[]> {
  const places = await placesOf(admin, topics);
  const [first, end, committed] = await Promise.all([
    offsetsAt(admin, places, OLDEST),
    offsetsAt(admin, places, END),
    committedBy(admin, group, places),
  ]);
  return places.map((place) => {
    const key = placeKey(place);
    const [from, to, done] = [first.get(key) ?? 0n, end.get(key) ?? 0n, committed.get(key)];
    // What the broker has deleted meanwhile cannot be read any more.
    const next = done === undefined || done < from ? from : done;
    const lag = to > next ? to - next : 0n;
    return { ...place, first: from, end: to, lag, ...(done !== undefined && { committed: done }) };
  });
}

/** The messages of a range, partition after partition. Ends at what was the end when it began. */
export async function* readRange(
  options: () => Promise<BaseOptions>,
  { topic, partition, from, to }: ReadingRange,
  signal: AbortSignal,
): AsyncGenerator<KafkaMessage> {
  const consumer = new Consumer({ ...(await options()), groupId: 'darkroom-reader' });
  consumer.on('error', () => {});
  consumer.topics.trackAll(topic);
  try {
    const { partitionsCount = 0 } = (await consumer.metadata({ topics: [topic] })).topics.get(topic) ?? {};
    const wanted = partition === undefined ? [...Array(partitionsCount).keys()] : [partition];
    for (const one of wanted) {
      const place = { topic, partition: one };
      if (one >= partitionsCount)
        throw new Error(`${topic} has ${partitionsCount} partitions; ${one} is none.`);
      yield* readPartition(consumer, place, await boundsOf(consumer, place, from, to), signal);
    }
  } finally {
    await consumer.close(true);
  }
}

interface Bounds {
  readonly from: bigint;
  /** exclusive */
  readonly to: bigint;
}

async function* readPartition(
  consumer: Consumer,
  place: TopicPartition,
  { from, to }: Bounds,
  signal: AbortSignal,
): AsyncGenerator<KafkaMessage> {
  if (from >= to) return;
  const ending = new AbortController();
  const position = { ...place, offset: from };
  const positions = new Map([[placeKey(place), position]]);
  const stop = setInterval(() => {
    // The last messages of a range may be markers that nobody is given.
    if (position.offset >= to) ending.abort();
  }, 100);
  try {
    const reading = { consumer, positions, signal: AbortSignal.any([signal, ending.signal]), onLost() {} };
    for await (const message of fetchMessages(reading)) {
      if (message.offset >= to) return;
      yield message;
      if (position.offset >= to) return;
    }
  } finally {
    clearInterval(stop);
  }
}

async function boundsOf(
  consumer: Consumer,
  place: TopicPartition,
  from: Mark,
  to: Mark | undefined,
): Promise<Bounds> {
  const [oldest, end] = [await offsetOf(consumer, place, OLDEST), await offsetOf(consumer, place, END)];
  const at = async (mark: Mark) =>
    'offset' in mark ? mark.offset : await offsetAtTime(consumer, place, mark.time, end);
  const first = await at(from);
  const last = to === undefined ? end : await at(to);
  return { from: first > oldest ? first : oldest, to: last < end ? last : end };
}

/** Of the first message from that time on; the end where there is none. */
async function offsetAtTime(
  consumer: Consumer,
  place: TopicPartition,
  time: number,
  end: bigint,
): Promise<bigint> {
  const found = await offsetOf(consumer, place, BigInt(Math.trunc(time)));
  return found < 0n ? end : found;
}

async function offsetOf(consumer: Consumer, place: TopicPartition, timestamp: bigint): Promise<bigint> {
  const { topic, partition } = place;
  const found = await consumer.listOffsets({
    topics: [topic],
    partitions: { [topic]: [partition] },
    timestamp,
  });
  return found.get(topic)?.[partition] ?? -1n;
}

async function placesOf(admin: Admin, topics: readonly string[]): Promise<TopicPartition[]> {
  const metadata = await admin.metadata({ topics: [...topics] });
  return topics.flatMap((topic) => {
    const { partitionsCount = 0 } = metadata.topics.get(topic) ?? {};
    return [...Array(partitionsCount).keys()].map((partition) => ({ topic, partition }));
  });
}

async function offsetsAt(
  admin: Admin,
  places: readonly TopicPartition[],
  timestamp: bigint,
): Promise<Map<string, bigint>> {
  const byTopic = Map.groupBy(places, ({ topic }) => topic);
  const listed = await admin.listOffsets({
    topics: [...byTopic].map(([name, of]) => ({
      name,
      partitions: of.map(({ partition: partitionIndex }) => ({ partitionIndex, timestamp })),
    })),
  });
  return new Map(
    listed.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, offset }) => [
        placeKey({ topic: name, partition: partitionIndex }),
        offset,
      ]),
    ),
  );
}

async function committedBy(
  admin: Admin,
  group: string,
  places: readonly TopicPartition[],
): Promise<Map<string, bigint>> {
  const byTopic = Map.groupBy(places, ({ topic }) => topic);
  const topics = [...byTopic].map(([name, of]) => ({
    name,
    partitionIndexes: of.map(({ partition }) => partition),
  }));
  const groups = await admin.listConsumerGroupOffsets({ groups: [{ groupId: group, topics }] });
  const found = new Map<string, bigint>();
  for (const { name, partitions } of groups.flatMap((one) => one.topics)) {
    for (const { partitionIndex, committedOffset } of partitions) {
      if (committedOffset < 0n) continue;
      found.set(placeKey({ topic: name, partition: partitionIndex }), committedOffset);
    }
  }
  return found;
}
