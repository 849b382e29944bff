import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { toFailure } from '../failures.ts';
import { Buried } from './begin-run.ts';
import { addVariant, runGeneration } from './image-run.ts';
import { holdLease, LeaseLost } from './lease.ts';
import type { Delivery } from './queue.ts';
import { retryDelayMs } from './retry-delay.ts';
import { judge, nothingToDo, type Verdict } from './run-failures.ts';
import type { Assignment, WorkerDeps } from './worker-ports.ts';

export interface WorkerOptions extends WorkerDeps {
  /**
   * messages in hand at a time. Two more than renders at a time keeps the renderers busy: while they work, the next
   * picture is probed and the last one stored.
   */
  readonly concurrency: number;
  /** milliseconds for which a message is held without a sign of life */
  readonly leaseMs: number;
}

export interface Worker {
  /**
   * Takes no more messages, lets what is in hand come to its end for so many milliseconds, gives back the rest.
   * Nothing is in hand when it answers.
   */
  stop(graceMs: number): Promise<void>;
  /** What keeps it from working: `[]` is well. */
  faults(): string[];
}

const RECEIVE_WAIT_MS = 5000;
/** without a single receive, from the first that failed on */
const UNWELL_AFTER_MS = 10_000;

/** Of all loops together. */
interface Health {
  /** of the monotonic clock, milliseconds */
  receivedAt: number;
  failing?: true;
}

/** Why work was aborted: the worker stops. */
class Stopping extends Error {
  override readonly name = 'Stopping';
}

/** Takes messages from the queue and does what they ask. It never gives up: faults of storage are waited out. */
export function startWorker(options: WorkerOptions): Worker {
  const receiving = new AbortController();
  const working = new AbortController();
  const health: Health = { receivedAt: performance.now() };
  const loops = Array.from({ length: options.concurrency }, () =>
    loop(options, { receiving: receiving.signal, working: working.signal, health }),
  );
  const done = Promise.all(loops);

  return {
    async stop(graceMs) {
      receiving.abort(new Stopping('the worker stops'));
      const timer = new AbortController();
      const grace = sleep(graceMs, undefined, { signal: timer.signal }).catch(() => {});
      await Promise.race([done, grace]);
      timer.abort();
      working.abort(new Stopping('the worker stops'));
      await done;
    },

    faults() {
      const silentMs = performance.now() - health.receivedAt;
      if (health.failing === undefined || silentMs < UNWELL_AFTER_MS) return [];
      return [`no work can be received for ${Math.round(silentMs / 1000)} s`];
    },
  };
}

interface Loop {
  readonly receiving: AbortSignal;
  readonly working: AbortSignal;
  readonly health: Health;
}

async function loop(
  options: WorkerOptions,
  { receiving: signal, working: stop, health }: Loop,
): Promise<void> {
  const { platform, leaseMs, log } = options;
  let faults = 0;
  while (!signal.aborted) {
    try {
      const terms = { max: 1, waitMs: RECEIVE_WAIT_MS, leaseMs, signal };
      const deliveries = await platform.queue.receive(terms);
      faults = 0;
      health.receivedAt = performance.now();
      delete health.failing;
      for (const delivery of deliveries) await handle(options, delivery, signal.aborted ? signal : stop);
    } catch (err) {
      if (signal.aborted) return;
      log.error({ err, faults }, 'no work could be received');
      health.failing = true;
      faults += 1;
      await sleep(retryDelayMs(faults), undefined, { signal }).catch(() => {});
    }
  }
}

/** From the receipt of a message to its end; never throws. */
async function handle(options: WorkerOptions, delivery: Delivery, stop: AbortSignal): Promise<void> {
  const { platform, leaseMs, log, metrics, clock } = options;
  const { work, receives, lane } = delivery;
  const about = { image_id: work.image_id, tenant_id: work.tenant_id, generation: work.generation, receives };
  const start = performance.now();
  const onFault = (err: unknown) => log.warn({ err, ...about }, 'a lease could not be extended');
  const lease = holdLease({ queue: platform.queue, delivery, leaseMs, onFault });
  try {
    const signal = AbortSignal.any([lease.signal, stop]);
    const { verdict, code } = await attempt(
      options,
      { delivery, signal, assertHeld: lease.assertHeld },
      about,
    );
    await settle(options, delivery, verdict);
    const tookMs = Math.round(performance.now() - start);
    const ended = { kind: work.kind, lane, outcome: verdict.outcome, ...(code && { code }), tookMs };
    const sinceSentMs = Math.max(0, clock.now() - delivery.sentAt);
    metrics?.workEnded({ ...ended, tenantId: work.tenant_id, sinceSentMs });
    log.info({ ...about, ...ended }, 'work ended');
  } catch (err) {
    // The message comes back when its lease ends.
    log.error({ err, ...about }, 'the end of some work could not be recorded');
  } finally {
    lease.end();
  }
}

async function attempt(
  options: WorkerOptions,
  assignment: Assignment,
  about: object,
): Promise<{ verdict: Verdict; code?: string }> {
  const { delivery, signal } = assignment;
  const { work } = delivery;
  try {
    signal.throwIfAborted();
    const isPublished = await (work.kind === 'run'
      ? runGeneration(options, work, assignment)
      : addVariant(options, work, assignment));
    return { verdict: isPublished ? published : nothingToDo };
  } catch (error) {
    if (error instanceof Buried) return { verdict: buried(error), code: error.reason.code };
    if (signal.aborted) return { verdict: signal.reason instanceof LeaseLost ? leaseLost : returned };
    const failure = toFailure(error);
    const level = failure.reaction.onQueue === 'reject' ? 'info' : 'warn';
    options.log[level]({ err: error, ...about, code: failure.code }, 'work failed');
    return { verdict: await judge(options, delivery, failure), code: failure.code };
  }
}

const published: Verdict = { outcome: 'published', message: { do: 'complete' } };
const returned: Verdict = { outcome: 'returned', message: { do: 'release', delayMs: 0, refund: true } };
const leaseLost: Verdict = { outcome: 'lease_lost', message: { do: 'leave' } };

function buried({ reason }: Buried): Verdict {
  return { outcome: 'failed', message: { do: 'bury', reason } };
}

async function settle({ platform }: WorkerOptions, delivery: Delivery, { message }: Verdict): Promise<void> {
  const { queue } = platform;
  if (message.do === 'leave') return;
  if (message.do === 'complete') return queue.complete(delivery);
  if (message.do === 'bury') return queue.bury(delivery, message.reason);
  return queue.release(delivery, message);
}
