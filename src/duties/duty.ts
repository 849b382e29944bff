import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Leases } from './leases.ts';

/** Something that runs until it is stopped. */
export interface Running {
  stop(): Promise<void>;
}

export interface DutyOptions<T extends Running> {
  readonly leases: Leases;
  /** of the duty; the same in all processes */
  readonly name: string;
  /** of this process, and of no other */
  readonly holder: string;
  /** Starts the work. Called again whenever the duty has come back. */
  readonly start: () => T;
  readonly log: Pick<Logger, 'debug' | 'warn'>;
  /** milliseconds after which a dead process is followed; 15 s by default */
  readonly leaseMs?: number;
}

export interface Duty<T extends Running> extends Running {
  /** what runs here now; undefined while another process has the duty */
  readonly running: T | undefined;
}

const LEASE_MS = 15_000;
/** Of a lease: how often it is asked for, and how late work is stopped whose lease cannot be kept. */
const ASK_EVERY = 1 / 5;
const STOP_AFTER = 3 / 5;

/**
 * Does a piece of work in one process of many, whichever it is. No process leads: all of them ask for the lease, one has
 * it, and when that one stops or dies another goes on.
 */
export function startDuty<T extends Running>(options: DutyOptions<T>): Duty<T> {
  const { leases, name, holder, start, log, leaseMs = LEASE_MS } = options;
  const stopping = new AbortController();
  let running: T | undefined;
  let heldUntil = Number.NEGATIVE_INFINITY;
  const done = keepAsking();

  async function keepAsking(): Promise<void> {
    while (!stopping.signal.aborted) {
      await ask();
      const pause = leaseMs * ASK_EVERY * (0.75 + Math.random() / 2);
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {});
    }
    await end();
    await leases.giveBack(name, holder).catch(() => {});
  }

  async function ask(): Promise<void> {
    const asked = performance.now();
    try {
      if (!(await leases.take(name, holder, leaseMs))) {
        if (running) log.warn({ duty: name }, 'another process has taken over a duty');
        return await end();
      }
      heldUntil = asked + leaseMs * STOP_AFTER;
      if (running || stopping.signal.aborted) return;
      log.debug({ duty: name }, 'this process has a duty');
      running = start();
    } catch (err) {
      log.warn({ err, duty: name }, 'a lease could not be asked for');
      if (performance.now() >= heldUntil) await end();
    }
  }

  async function end(): Promise<void> {
    const ended = running;
    running = undefined;
    await ended?.stop();
  }

  return {
    get running() {
      return running;
    },
    async stop() {
      stopping.abort();
      await done;
    },
  };
}
