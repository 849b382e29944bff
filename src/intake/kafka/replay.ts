import { randomUUID } from 'node:crypto';
import type { Failure } from '../../failures.ts';
import type { Broker, KafkaMessage, ReadingRange } from './broker.ts';
import { createRoom } from './room.ts';
import { type MessageTakingDeps, type Outcome, takeMessage } from './take-message.ts';

export interface ReplayDeps extends Omit<MessageTakingDeps, 'deadLetters' | 'again'> {
  readonly broker: Pick<Broker, 'read'>;
  /** bytes of messages that are read and not yet durable */
  readonly bytesInFlight: number;
}

export interface ReplayOptions extends ReadingRange {
  /** Makes a new image also of a message that has one already. */
  readonly again: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: (report: ReplayReport) => void;
}

export interface ReplayReport {
  read: number;
  /** became an image now */
  taken: number;
  /** were an image already */
  repeated: number;
  /** Their sender was erased. */
  dropped: number;
  readonly refused: RefusedMessage[];
}

export interface RefusedMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly code: string;
  readonly message: string;
}

const MESSAGES_IN_FLIGHT = 8;

/**
 * Reads what was written before, once more: what has its image already makes no second one. The consumer group does
 * not notice. What is refused is reported, and not put with the dead letters a second time.
 */
export async function replay(deps: ReplayDeps, options: ReplayOptions): Promise<ReplayReport> {
  const { signal, onProgress } = options;
  const report: ReplayReport = { read: 0, taken: 0, repeated: 0, dropped: 0, refused: [] };
  const room = createRoom({ bytes: deps.bytesInFlight, messages: MESSAGES_IN_FLIGHT });
  const taking = {
    ...deps,
    ...(options.again && { again: randomUUID() }),
    deadLetters: {
      async bury(message: KafkaMessage, failure: Failure) {
        report.refused.push(refusedMessage(message, failure));
      },
    },
  };
  const underWay = new Set<Promise<void>>();
  try {
    for await (const message of deps.broker.read(options, signal)) {
      const size = message.value?.length ?? 0;
      if (!(await room.take(size, signal))) break;
      report.read += 1;
      const work = takeMessage(taking, message, signal).then((outcome) => count(report, outcome));
      const done = work.finally(() => {
        room.give(size);
        underWay.delete(done);
        onProgress?.(report);
      });
      underWay.add(done);
    }
  } finally {
    await Promise.all(underWay);
  }
  signal.throwIfAborted();
  return report;
}

function count(report: ReplayReport, outcome: Outcome): void {
  if (outcome === 'taken' || outcome === 'repeated' || outcome === 'dropped') report[outcome] += 1;
}

function refusedMessage({ topic, partition, offset }: KafkaMessage, failure: Failure): RefusedMessage {
  const { code, message } = failure;
  return { topic, partition, offset: String(offset), code, message };
}
