import { setTimeout as sleep } from 'node:timers/promises';
import { RemoteProblem } from './problem.ts';

/** 0: no answer. The others say of themselves that they pass. */
const PASSING = new Set([0, 429, 502, 503, 504]);

export interface RetryOptions {
  readonly signal: AbortSignal;
  /** how often in all */
  readonly tries?: number;
  /** milliseconds before the second try; doubles with each */
  readonly firstPauseMs?: number;
}

const LONGEST_PAUSE_MS = 15_000;

/**
 * Does it again where the server was away or too busy, after the time it named or a growing one. Only for what may be
 * repeated without harm.
 */
export async function retrying<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, tries = 6, firstPauseMs = 250 } = options;
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RemoteProblem) || !PASSING.has(error.status) || tried >= tries) throw error;
      const asked = error.retryAfter === undefined ? undefined : error.retryAfter * 1000;
      const growing = firstPauseMs * 2 ** (tried - 1) * (0.5 + Math.random());
      await sleep(Math.min(asked ?? growing, LONGEST_PAUSE_MS), undefined, { signal });
    }
  }
}
