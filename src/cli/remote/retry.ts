import { setTimeout as sleep } from 'node:timers/promises';
import { RemoteProblem } from './problem.ts';

/** 0: no answer. The others say of themselves that they pass. */
const PASSING = new Set([0, 429, 502, 503, 504]);

export interface RetryOptions {
  readonly signal: AbortSignal;
  /** also where nothing listens: for work that should outlive a restart of the server */
  readonly alsoWhenAway?: boolean;
}

const TRIES = 6;

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

/** For work that has begun: a server that is being restarted comes back. */
export function patiently({ signal }: { readonly signal: AbortSignal }): RetryOptions {
  return { signal, alsoWhenAway: true };
}

/** Does it again where the server was away or too busy. Only for what may be repeated without harm. */
export async function retrying<T>(
  work: () => Promise<T>,
  { signal, alsoWhenAway = false }: RetryOptions,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error) || tried >= TRIES) throw error;
      if (error.code === 'unreachable' && !alsoWhenAway) throw error;
      await pauseAfter(error, tried, signal);
    }
  }
}

export function isPassing(error: unknown): error is RemoteProblem {
  return error instanceof RemoteProblem && PASSING.has(error.status);
}

/** As long as the server asked for, or else longer with each time; never quite the same for all who wait. */
export async function pauseAfter(problem: RemoteProblem, tried: number, signal: AbortSignal): Promise<void> {
  const growing = FIRST_PAUSE_MS * 2 ** (tried - 1) * (0.5 + Math.random());
  const milliseconds = problem.retryAfter === undefined ? growing : problem.retryAfter * 1000;
  await sleep(Math.min(milliseconds, LONGEST_PAUSE_MS), undefined, { signal });
}
