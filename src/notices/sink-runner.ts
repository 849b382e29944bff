import type { Logger } from 'pino';
import type { ImageEvent } from '../images/events.ts';
import { createAlarm, sleep } from './alarm.ts';
import type { SinkLines } from './sink-lines.ts';

export interface SinkRunnerDeps {
  /** the name of the line, stable across releases */
  readonly sink: string;
  readonly lines: Pick<SinkLines, 'waiting' | 'done'>;
  /**
   * Hands events on, in their order; each may come again. What it throws keeps all of them in the line; to keep fewer,
   * hand on fewer: `batch`.
   */
  readonly deliver: (events: readonly ImageEvent[], signal: AbortSignal) => Promise<void>;
  readonly log: Pick<Logger, 'error' | 'info'>;
  /** events handed on together; 100 by default */
  readonly batch?: number;
  /** milliseconds; how long an event waits at most where nobody calls `wake`: another process added it */
  readonly pollMs?: number;
  /** milliseconds; first pause after a fault, doubled up to 64 times that */
  readonly backOffMs?: number;
}

export interface SinkRunner {
  /** There may be an event in the line. */
  wake(): void;
  /** Gives up what is under way by the signal of `deliver`; it stays in the line. */
  stop(): Promise<void>;
}

const MOST_DOUBLINGS = 6;

/**
 * Empties the line of one sink, oldest first, for as long as it runs. Let one at a time run for each sink: a second
 * one loses nothing, but hands on twice and not always in order.
 */
export function startSinkRunner(deps: SinkRunnerDeps): SinkRunner {
  const { sink, log, batch = 100, pollMs = 1000, backOffMs = 250 } = deps;
  const alarm = createAlarm();
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = run();

  return {
    wake: () => alarm.ring(),
    async stop() {
      stopping.abort();
      await running;
    },
  };

  async function run(): Promise<void> {
    let faults = 0;
    while (!signal.aborted) {
      try {
        const handedOn = await handOnBatch();
        if (faults > 0) log.info({ sink, faults }, 'events are delivered again');
        faults = 0;
        if (handedOn < batch) await alarm.rung(pollMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        log.error(
          { err: error, sink, faults },
          'events could not be delivered; they are kept and tried again',
        );
        await sleep(backOffMs * 2 ** Math.min(faults, MOST_DOUBLINGS), signal);
        faults += 1;
      }
    }
  }

  async function handOnBatch(): Promise<number> {
    const events = await deps.lines.waiting(sink, batch);
    if (events.length === 0) return 0;
    await deps.deliver(events, signal);
    await deps.lines.done(
      sink,
      events.map(({ id }) => id),
    );
    return events.length;
  }
}
