import { type BaseOptions, Consumer } from '@platformatic/kafka';
import type { Logger } from 'pino';
import type { Assignment, GroupMember, Position, TopicPartition } from '../../intake/kafka/broker.ts';
import { fetchMessages, placeKey } from './fetching.ts';

export interface MemberDeps {
  readonly options: () => Promise<BaseOptions>;
  readonly group: string;
  /** milliseconds without a heartbeat after which the others take over */
  readonly sessionMs: number;
  readonly topics: readonly string[];
  readonly log: Pick<Logger, 'warn' | 'error' | 'debug'>;
}

/** milliseconds that members may take to come back to a rebalance */
const REBALANCE_MS = 60_000;

/** The group of the classic protocol: also brokers before 4.0, and MSK, speak it. */
export function createMember(deps: MemberDeps): GroupMember {
  const assigned = createSlot<readonly TopicPartition[]>();
  const leaving = new AbortController();
  let current: AbortController | undefined;
  let finished: Promise<void> = Promise.resolve();

  async function* assignments(): AsyncGenerator<Assignment> {
    const round = Promise.withResolvers<void>();
    finished = round.promise;
    const options = await deps.options();
    const { consumer, fetcher } = openClients(options, deps);
    // What the client does by itself, a rebalance above all, arrives as events.
    consumer.on('consumer:group:rebalance', () => current?.abort());
    consumer.on('consumer:group:join', ({ assignments: given }) => {
      current?.abort();
      assigned.put(partitionsOf(given ?? consumer.assignments ?? []));
    });
    const lost = (error: unknown) => {
      current?.abort();
      assigned.fail(error);
    };
    consumer.on('error', lost);
    consumer.on('consumer:heartbeat:stalled', () => lost(new Error('The coordinator does not answer.')));
    leaving.signal.addEventListener('abort', () => assigned.end(), { once: true });
    const watch = watchHeartbeats(consumer, deps, lost);
    try {
      if (leaving.signal.aborted) return;
      await consumer.joinGroup({});
      for (let next = await assigned.take(); next !== undefined; next = await assigned.take()) {
        current = new AbortController();
        if (leaving.signal.aborted) return;
        yield await assignmentOf(next, current, { consumer, fetcher, deps });
        current.abort();
      }
    } finally {
      clearInterval(watch);
      current?.abort();
      await closeClients(consumer, fetcher, deps);
      round.resolve();
    }
  }

  return {
    assignments,
    async leave() {
      leaving.abort();
      current?.abort();
      await finished;
    },
  };
}

/** The client may give up on its membership without a word: where a commit made it join again in vain. */
function watchHeartbeats(
  consumer: Consumer,
  { sessionMs }: MemberDeps,
  lost: (error: Error) => void,
): NodeJS.Timeout {
  let joinedAt = Date.now();
  consumer.on('consumer:group:join', () => {
    joinedAt = Date.now();
  });
  return setInterval(() => {
    const lastSign = Math.max(joinedAt, consumer.lastHeartbeat?.getTime() ?? 0);
    if (Date.now() - lastSign > sessionMs + REBALANCE_MS) lost(new Error('There is no heartbeat any more.'));
  }, sessionMs / 2);
}

interface Clients {
  readonly consumer: Consumer;
  /** a connection of its own: a fetch that waits for messages must not hold up heartbeats and commits */
  readonly fetcher: Consumer;
}

function openClients(options: BaseOptions, { group, topics, sessionMs }: MemberDeps): Clients {
  const consumer = new Consumer({
    ...options,
    groupId: group,
    sessionTimeout: sessionMs,
    heartbeatInterval: Math.floor(sessionMs / 10),
    rebalanceTimeout: REBALANCE_MS,
    heartbeatStallTimeout: sessionMs,
  });
  const fetcher = new Consumer({ ...options, groupId: group });
  for (const client of [consumer, fetcher]) client.topics.trackAll(...topics);
  fetcher.on('error', () => {});
  return { consumer, fetcher };
}

async function closeClients(consumer: Consumer, fetcher: Consumer, { log }: MemberDeps): Promise<void> {
  const closings = [consumer.close(true), fetcher.close(true)];
  for (const closing of await Promise.allSettled(closings)) {
    if (closing.status === 'rejected')
      log.debug({ err: closing.reason }, 'a Kafka client did not close well');
  }
}

async function assignmentOf(
  partitions: readonly TopicPartition[],
  ending: AbortController,
  { consumer, fetcher, deps }: Clients & { deps: MemberDeps },
): Promise<Assignment> {
  const positions = await committedPositions(consumer, fetcher, partitions);
  return {
    partitions,
    ended: ending.signal,
    messages: fetchMessages({
      ...{ consumer: fetcher, positions, signal: ending.signal },
      onLost: (place, from, to) =>
        deps.log.error(
          { ...place, from: String(from), to: String(to) },
          'messages were deleted by the broker before they were read',
        ),
    }),
    async commit(given) {
      // After a rebalance some may be somebody else's, who is further by now.
      const mine = new Set(partitionsOf(consumer.assignments ?? []).map(placeKey));
      const offsets = given
        .filter((position) => mine.has(placeKey(position)))
        .map((position) => ({ ...position, leaderEpoch: -1 }));
      if (offsets.length > 0) await consumer.commit({ offsets });
    },
  };
}

/** Where the group goes on in each partition: with what is committed, else with the oldest message. */
async function committedPositions(
  consumer: Consumer,
  fetcher: Consumer,
  partitions: readonly TopicPartition[],
): Promise<Map<string, Position & { offset: bigint }>> {
  const positions = new Map<string, Position>();
  if (partitions.length === 0) return positions;
  const byTopic = Map.groupBy(partitions, ({ topic }) => topic);
  const topics = [...byTopic.keys()];
  const [committed, oldest] = await Promise.all([
    consumer.listCommittedOffsets({
      topics: [...byTopic].map(([topic, of]) => ({
        topic,
        partitions: of.map(({ partition }) => partition),
      })),
    }),
    fetcher.listOffsets({ topics, timestamp: -2n }),
  ]);
  for (const place of partitions) {
    const { topic, partition } = place;
    const known = committed.get(topic)?.[partition] ?? -1n;
    positions.set(placeKey(place), {
      ...place,
      offset: known >= 0n ? known : (oldest.get(topic)?.[partition] ?? 0n),
    });
  }
  return positions;
}

function partitionsOf(assignments: readonly { topic: string; partitions: number[] }[]): TopicPartition[] {
  return assignments.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}

/** Holds the newest of what is put into it until it is taken. */
function createSlot<T>() {
  let held: T | undefined;
  let fault: { error: unknown } | undefined;
  let isEnded = false;
  let changed = Promise.withResolvers<void>();
  const wake = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  return {
    put(value: T) {
      held = value;
      wake();
    },
    fail(error: unknown) {
      fault ??= { error };
      wake();
    },
    end() {
      isEnded = true;
      wake();
    },
    /** @returns nothing after its end; throws after a fault */
    async take(): Promise<T | undefined> {
      while (held === undefined && !fault && !isEnded) await changed.promise;
      if (isEnded) return undefined;
      if (fault) throw fault.error;
      const value = held;
      held = undefined;
      return value;
    },
  };
}
