import { once } from 'node:events';
import { type Consumer, findErrorBy } from '@platformatic/kafka';
import type { KafkaMessage, TopicPartition } from '../../intake/kafka/broker.ts';
import { sleep } from '../../intake/kafka/sleep.ts';

/** One answer of a broker, bytes; a single batch may be larger. The messages of two are held at most. */
const ANSWER_BYTES = 2 * 2 ** 20;
const PARTITION_BYTES = 2 ** 19;
/** milliseconds that a broker may wait for messages: shorter while others have some, so that none waits for another */
const BUSY_WAIT_MS = 100;
const IDLE_WAIT_MS = 1_000;
const TRIES = 5;
const RETRY_MS = 500;

/** A batch that marks the end of a transaction: it carries no messages. */
const CONTROL = 0b10_0000;

export interface FetchingDeps {
  readonly consumer: Consumer;
  /** where each partition goes on; moved along as messages are given out */
  readonly positions: Map<string, TopicPartition & { offset: bigint }>;
  readonly signal: AbortSignal;
  /** Told of messages that the broker deleted before they were read. */
  readonly onLost: (partition: TopicPartition, from: bigint, to: bigint) => void;
}

type Answer = Awaited<ReturnType<Consumer['fetch']>>;
type Place = TopicPartition & { offset: bigint };

/**
 * Messages from the given positions on, in the order of their partitions, for as long as nobody aborts. Fetches only
 * when what it has is used up.
 *
 * @throws the client's errors, where trying again did not help
 */
export async function* fetchMessages(deps: FetchingDeps): AsyncGenerator<KafkaMessage> {
  let waitMs = BUSY_WAIT_MS;
  let faults = 0;
  if (deps.positions.size === 0) return await untilAborted(deps.signal);
  while (!deps.signal.aborted) {
    let answers: NodeAnswer[];
    try {
      answers = await fetchOnce(deps, waitMs, faults > 0);
      faults = 0;
    } catch (error) {
      if (deps.signal.aborted) return;
      if (await skipWhatIsGone(deps, error)) continue;
      faults += 1;
      if (faults >= TRIES) throw error;
      await sleep(RETRY_MS, deps.signal);
      continue;
    }
    let found = 0;
    for (const answer of answers) {
      for (const message of messagesIn(answer, deps.positions)) {
        if (deps.signal.aborted) return;
        found += 1;
        yield message;
      }
    }
    waitMs = found > 0 ? BUSY_WAIT_MS : IDLE_WAIT_MS;
  }
}

/** A member without partitions waits for the next rebalance. */
async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

interface NodeAnswer {
  readonly answer: Answer;
  readonly topics: ReadonlyMap<string, string>;
}

async function fetchOnce(
  { consumer, positions }: FetchingDeps,
  maxWaitTime: number,
  forceUpdate: boolean,
): Promise<NodeAnswer[]> {
  const names = [...new Set([...positions.values()].map(({ topic }) => topic))];
  const metadata = await consumer.metadata({ topics: names, forceUpdate });
  const byNode = new Map<number, Place[]>();
  const topics = new Map<string, string>();
  for (const place of positions.values()) {
    const topic = metadata.topics.get(place.topic);
    const leader = topic?.partitions[place.partition]?.leader;
    if (topic === undefined || leader === undefined) throw new Error(`${place.topic} has no such partition`);
    topics.set(topic.id, place.topic);
    byNode.set(leader, [...(byNode.get(leader) ?? []), place]);
  }
  const idOf = new Map([...topics].map(([id, name]) => [name, id]));
  return await Promise.all(
    [...byNode].map(async ([node, places]) => ({
      topics,
      answer: await consumer.fetch({
        node,
        maxWaitTime,
        minBytes: 1,
        maxBytes: ANSWER_BYTES,
        topics: places.map(({ topic, partition, offset }) => ({
          topicId: idOf.get(topic) ?? '',
          partitions: [
            {
              partition,
              fetchOffset: offset,
              partitionMaxBytes: PARTITION_BYTES,
              currentLeaderEpoch: -1,
              lastFetchedEpoch: -1,
            },
          ],
        })),
      }),
    })),
  );
}

function* messagesIn({ answer, topics }: NodeAnswer, positions: FetchingDeps['positions']) {
  for (const { topicId, partitions } of answer.responses) {
    const topic = topics.get(topicId);
    if (topic === undefined) continue;
    for (const { partitionIndex: partition, records } of partitions) {
      const place = positions.get(placeKey({ topic, partition }));
      if (place) yield* messagesOf(records ?? [], topicId, place);
    }
  }
}

type Batch = NonNullable<Answer['responses'][number]['partitions'][number]['records']>[number];

function* messagesOf(batches: readonly Batch[], topicId: string, place: Place): Generator<KafkaMessage> {
  const { topic, partition } = place;
  for (const batch of batches) {
    for (const record of (batch.attributes & CONTROL) === 0 ? batch.records : []) {
      const offset = batch.firstOffset + BigInt(record.offsetDelta);
      // A batch comes whole, also where it begins before the position.
      if (offset < place.offset) continue;
      place.offset = offset + 1n;
      yield {
        ...{ topic, topicId, partition, offset },
        timestamp: Number(batch.firstTimestamp + record.timestampDelta),
        key: record.key ?? undefined,
        value: record.value ?? undefined,
        headers: record.headers.map(
          ([name, value]) => [String(name ?? ''), value ?? Buffer.alloc(0)] as const,
        ),
      };
    }
    const end = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
    if (end > place.offset) place.offset = end;
  }
}

/** Where messages were deleted before they were read, goes on with the oldest that are left. */
async function skipWhatIsGone(
  { consumer, positions, onLost }: FetchingDeps,
  error: unknown,
): Promise<boolean> {
  // The position is not in the log, or not any more.
  if (!(error instanceof Error) || !findErrorBy(error, 'apiId', 'OFFSET_OUT_OF_RANGE')) return false;
  const topics = [...new Set([...positions.values()].map(({ topic }) => topic))];
  const oldest = await consumer.listOffsets({ topics, timestamp: -2n });
  const newest = await consumer.listOffsets({ topics, timestamp: -1n });
  let hasMoved = false;
  for (const place of positions.values()) {
    const from = oldest.get(place.topic)?.[place.partition] ?? 0n;
    const end = newest.get(place.topic)?.[place.partition] ?? from;
    if (place.offset >= from && place.offset <= end) continue;
    onLost({ topic: place.topic, partition: place.partition }, place.offset, from);
    place.offset = from;
    hasMoved = true;
  }
  return hasMoved;
}

export function placeKey({ topic, partition }: TopicPartition): string {
  return `${topic}:${partition}`;
}
