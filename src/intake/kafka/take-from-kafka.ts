import type { Logger } from 'pino';
import type { Assignment, Broker, GroupMember, KafkaMessage } from './broker.ts';
import { type Commits, startCommits } from './commits.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createRoom } from './room.ts';
import { sleep } from './sleep.ts';
import { type MessageTakingDeps, takeMessage } from './take-message.ts';

export interface KafkaIntakeDeps extends Omit<MessageTakingDeps, 'deadLetters' | 'again' | 'log'> {
  readonly broker: Pick<Broker, 'member' | 'producer' | 'ensureTopic'>;
  readonly topics: readonly string[];
  readonly deadLetterTopic: string;
  /** bytes of messages that are read and not yet durable; one message alone may be larger */
  readonly bytesInFlight: number;
  /** messages taken at once; 16 by default */
  readonly messagesInFlight?: number;
  /** Whether the pipeline can take more. Where it cannot, nothing is read, and the lag says so. */
  readonly hasRoom: () => Promise<boolean>;
  readonly log: Pick<Logger, 'info' | 'warn' | 'debug' | 'error'>;
}

const FIRST_PAUSE_MS = 500;
const MOST_DOUBLINGS = 5;
/** milliseconds between two questions whether the pipeline can take more */
const ROOM_MS = 500;

/**
 * Makes images of the messages of topics, as a member of a consumer group, for as long as it runs. A message counts as
 * read once its image is durable, or it is with the dead letters.
 */
export function takeFromKafka(deps: KafkaIntakeDeps): { stop(): Promise<void> } {
  const { log } = deps;
  const stopping = new AbortController();
  const producer = deps.broker.producer();
  const deadLetters = createDeadLetters(producer, deps.deadLetterTopic);
  const room = createRoom({ bytes: deps.bytesInFlight, messages: deps.messagesInFlight ?? 16 });
  const askRoom = createRoomQuestion(deps);
  let member: GroupMember | undefined;
  const running = run();

  return {
    /** Finishes what is being stored, commits, and leaves the group: the others go on at once. */
    async stop() {
      stopping.abort();
      await member?.leave();
      await running;
      await producer.close();
    },
  };

  async function run(): Promise<void> {
    let faults = 0;
    while (!stopping.signal.aborted) {
      try {
        await deps.broker.ensureTopic(deps.deadLetterTopic);
        if (stopping.signal.aborted) return;
        member = deps.broker.member(deps.topics);
        for await (const assignment of member.assignments()) {
          if (faults > 0) log.info({ faults }, 'Kafka is there again');
          faults = 0;
          log.info({ partitions: named(assignment) }, 'partitions were assigned');
          await takeAssignment(assignment);
        }
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ err: error, faults }, 'Kafka cannot be read; it is tried again');
      } finally {
        await member?.leave();
      }
      await sleep(FIRST_PAUSE_MS * 2 ** Math.min(faults, MOST_DOUBLINGS), stopping.signal);
      faults += 1;
    }
  }

  async function takeAssignment(assignment: Assignment): Promise<void> {
    const commits = startCommits(assignment, log);
    const underWay = new Set<Promise<void>>();
    try {
      for await (const message of assignment.messages) {
        await askRoom(assignment.ended);
        if (!(await room.take(sizeOf(message), assignment.ended))) break;
        const taking = take(message, commits, assignment.ended).finally(() => underWay.delete(taking));
        underWay.add(taking);
      }
    } finally {
      await Promise.all(underWay);
      await commits.stop();
    }
  }

  async function take(message: KafkaMessage, commits: Commits, ended: AbortSignal): Promise<void> {
    const progress = commits.progressOf(message);
    progress.begin(message.offset);
    try {
      const outcome = await takeMessage({ ...deps, deadLetters }, message, ended);
      if (outcome !== 'interrupted') progress.finish(message.offset);
    } catch (error) {
      // Not finished: it is read again after the next rebalance or start.
      log.error({ err: error, topic: message.topic }, 'a message was left where it is');
    } finally {
      room.give(sizeOf(message));
    }
  }
}

/** Waits until the pipeline can take more; asks only so often. */
function createRoomQuestion({ hasRoom, log }: KafkaIntakeDeps): (signal: AbortSignal) => Promise<void> {
  let askedAt = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    if (performance.now() - askedAt < ROOM_MS) return;
    let isWaiting = false;
    while (!signal.aborted && !(await hasRoom().catch(() => false))) {
      if (!isWaiting) log.info('the pipeline has enough to do: messages wait in Kafka');
      isWaiting = true;
      await sleep(ROOM_MS, signal);
    }
    askedAt = performance.now();
  };
}

function sizeOf({ value }: KafkaMessage): number {
  return value?.length ?? 0;
}

function named({ partitions }: Assignment): string[] {
  return partitions.map(({ topic, partition }) => `${topic}:${partition}`);
}
