import { setTimeout as sleep } from 'node:timers/promises';
import type { RetentionPorts } from './ports.ts';
import { DEFAULT_GRACE_MS, type ReconcileReport, reconcile } from './reconcile.ts';
import { type SweepPeriods, type SweepReport, sweep } from './sweep.ts';

export interface SweeperOptions {
  /** milliseconds from the end of one sweep to the start of the next */
  readonly intervalMs: number;
  /** milliseconds between reconciliations, which look at every object; one an hour by default */
  readonly reconcileIntervalMs?: number;
  readonly periods?: Partial<SweepPeriods>;
  /** other processes write as well, before this start and after it: what they are at is not taken for left behind */
  readonly isShared?: boolean;
  readonly onSwept?: (report: SweepReport) => void;
  readonly onReconciled?: (report: ReconcileReport) => void;
  /** a sweep that failed as a whole; the next one tries again */
  readonly onFault?: (error: unknown) => void;
}

export interface Sweeper {
  /** Aborts the sweep under way and starts no other; answers once it has ended. */
  stop(): Promise<void>;
}

const HOUR = 3_600_000;
/** Files carry the kernel's coarse time, which lags behind the clock. */
const CLOCK_GRAIN_MS = 100;

/**
 * Sweeps now and then for as long as the service runs, never two at once. The first round, at once, also reconciles
 * all that was written before this start: where nobody shares the work, a crashed predecessor has left it there.
 */
export function startSweeper(ports: RetentionPorts, options: SweeperOptions): Sweeper {
  const stopping = new AbortController();
  const running = run(ports, options, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function run(ports: RetentionPorts, options: SweeperOptions, signal: AbortSignal): Promise<void> {
  const { intervalMs, reconcileIntervalMs = HOUR, periods = {}, isShared = false } = options;
  const startedAt = ports.clock.now();
  let reconciledAt: number | undefined;
  while (!signal.aborted) {
    try {
      const swept = await sweep(ports, { signal, periods });
      options.onSwept?.(swept);
      const now = performance.now();
      if (reconciledAt === undefined || now - reconciledAt >= reconcileIntervalMs) {
        const sinceStart = ports.clock.now() - startedAt + CLOCK_GRAIN_MS;
        const graceMs = reconciledAt === undefined && !isShared ? sinceStart : DEFAULT_GRACE_MS;
        const reconciled = await reconcile(ports, { mend: true, graceMs, signal });
        reconciledAt = now;
        options.onReconciled?.(reconciled);
      }
    } catch (error) {
      if (!signal.aborted) options.onFault?.(error);
    }
    await pause(intervalMs, signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => {});
}
