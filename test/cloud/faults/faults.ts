import { setTimeout as sleep } from 'node:timers/promises';
import type { TestServer } from '../../harness/server.ts';
import { type HttpFaultProxy, SLOW_DOWN } from '../servers/fault-proxy.ts';
import type { ManagedServer } from '../servers/process/managed-server.ts';
import type { TcpFaultProxy } from '../servers/tcp-fault-proxy.ts';

export interface FaultsOptions {
  readonly workers: readonly TestServer[];
  readonly s3: HttpFaultProxy;
  readonly sqs: TcpFaultProxy;
  readonly kafka: ManagedServer;
  readonly kills: number;
  readonly random: () => number;
  readonly log: (line: string) => void;
}

const SQS_AWAY_MS = 30_000;
const S3_AWAY_MS = 20_000;
const KAFKA_AWAY_MS = 5_000;
/** Between two kills, at most; a worker that was killed is started again at once. */
const LONGEST_REST_MS = 2_000;
const START_WITHIN_MS = 120_000;

export interface FaultsDone {
  readonly kills: number;
  /** milliseconds from a kill to the worker listening again, longest */
  readonly slowestRestartMs: number;
  /** starts that ended at once, as a server was away */
  readonly failedStarts: number;
}

/**
 * Workers are killed at random from the first moment to the last; meanwhile S3 refuses, SQS is away and Kafka dies, one
 * after the other.
 *
 * @param onProgress 0 to 1
 */
export async function doHarm(
  { workers, s3, sqs, kafka, kills, random, log }: FaultsOptions,
  onProgress: (share: number) => void,
): Promise<FaultsDone> {
  let done = 0;
  let outages = 0;
  let slowestRestartMs = 0;
  let failedStarts = 0;
  const progress = () => onProgress(Math.min(done / kills, outages / 3));

  async function kill(): Promise<void> {
    while (done < kills) {
      await sleep(random() * LONGEST_REST_MS);
      const worker = workers[Math.floor(random() * workers.length)];
      if (!worker) return;
      const killedAt = performance.now();
      await worker.kill9();
      failedStarts += await startAgain(worker);
      slowestRestartMs = Math.max(slowestRestartMs, performance.now() - killedAt);
      done += 1;
      progress();
      if (done % 10 === 0) log(`${done} of ${kills} kills`);
    }
  }

  async function outage(what: string, harm: () => Promise<void>): Promise<void> {
    await sleep(5_000);
    log(`${what}: begins`);
    await harm();
    log(`${what}: over`);
    outages += 1;
    progress();
  }

  async function takeAway(): Promise<void> {
    await outage('S3 answers 503 for 20 s', async () => {
      s3.use(() => SLOW_DOWN);
      await sleep(S3_AWAY_MS);
      s3.use();
    });
    await outage('SQS refuses connections for 30 s', () => sqs.refuseFor(SQS_AWAY_MS));
    await outage('Kafka is killed and started again', async () => {
      await kafka.kill();
      await sleep(KAFKA_AWAY_MS);
      await kafka.restart();
    });
  }

  await Promise.all([kill(), takeAway()]);
  return { kills: done, slowestRestartMs, failedStarts };
}

/** As whatever runs services does: one that ends at its start, because a server is away, is started again. @returns how often that was */
async function startAgain(worker: TestServer): Promise<number> {
  const until = performance.now() + START_WITHIN_MS;
  for (let failed = 0; ; failed += 1) {
    try {
      await worker.restart();
      return failed;
    } catch (error) {
      if (performance.now() > until) throw error;
      await sleep(500);
    }
  }
}
