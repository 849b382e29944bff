import type { Logger } from 'pino';
import type { Assignment, Position, TopicPartition } from './broker.ts';
import { createProgress, type Progress } from './progress.ts';

/** milliseconds between two commits: what is under a commit is not read again after a crash */
const COMMIT_MS = 250;
/** Every so often all positions are committed anew, also those that stand: a straggler may have put them back. */
const ALL_EVERY = 240;

export interface Commits {
  progressOf(partition: TopicPartition): Progress;
  /** Commits what is finished, and ends. */
  stop(): Promise<void>;
}

/** Commits how far each partition of an assignment has come, for as long as it lasts. */
export function startCommits(assignment: Assignment, log: Pick<Logger, 'debug'>): Commits {
  const partitions = new Map<string, TopicPartition & { progress: Progress; committed?: bigint }>();
  let ticks = 0;
  let underWay: Promise<void> | undefined;

  function positions(all: boolean): Position[] {
    return [...partitions.values()].flatMap(({ topic, partition, progress, committed }) => {
      const offset = progress.position();
      return offset === undefined || (offset === committed && !all) ? [] : [{ topic, partition, offset }];
    });
  }

  async function commit(all: boolean): Promise<void> {
    const found = positions(all);
    if (found.length === 0) return;
    try {
      await assignment.commit(found);
      for (const { topic, partition, offset } of found) {
        const entry = partitions.get(`${topic}:${partition}`);
        if (entry) entry.committed = offset;
      }
    } catch (error) {
      // It is tried again, by whoever has the partition then: at worst a message is read twice.
      log.debug({ err: error }, 'positions could not be committed');
    }
  }

  const timer = setInterval(() => {
    if (underWay || assignment.ended.aborted) return;
    ticks += 1;
    underWay = commit(ticks % ALL_EVERY === 0).finally(() => {
      underWay = undefined;
    });
  }, COMMIT_MS);
  // At once, so that it is before the request that gives the partitions away.
  let last: Promise<void> | undefined;
  const flush = () => {
    last = commit(false);
  };
  assignment.ended.addEventListener('abort', flush, { once: true });

  return {
    progressOf({ topic, partition }) {
      const key = `${topic}:${partition}`;
      const entry = partitions.get(key) ?? { topic, partition, progress: createProgress() };
      partitions.set(key, entry);
      return entry.progress;
    },
    async stop() {
      clearInterval(timer);
      assignment.ended.removeEventListener('abort', flush);
      await underWay;
      await last;
      await commit(false);
    },
  };
}
