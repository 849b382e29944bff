import type { RetentionPorts } from './ports.ts';
import { type ReconcileReport, reconcile } from './reconcile.ts';
import { type SweepPeriods, type SweepReport, sweep } from './sweep.ts';

export interface SweeperOptions {
  /** milliseconds from the end of one sweep to the start of the next */
  readonly intervalMs: number;
  /** milliseconds between reconciliations, which look at every object; one an hour by default */
  readonly reconcileIntervalMs?: number;
  readonly periods?: Partial<SweepPeriods>;
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
 * all that was written before this start: nobody but a crashed predecessor can have left it there.
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
  const startedAt = ports.clock.now();
  const reconcileEvery = options.reconcileIntervalMs ?? HOUR;
  let reconciledAt: number | undefined;
  while (!signal.aborted) {
    try {
      const periods = options.periods ? { periods: options.periods } : {};
      options.onSwept?.(await sweep(ports, { signal, ...periods }));
      const now = performance.now();
      if (reconciledAt === undefined || now - reconciledAt >= reconcileEvery) {
        const graceMs =
          reconciledAt === undefined ? ports.clock.now() - startedAt + CLOCK_GRAIN_MS : undefined;
        const grace = graceMs === undefined ? {} : { graceMs };
        options.onReconciled?.(await reconcile(ports, { mend: true, signal, ...grace }));
        reconciledAt = now;
      }
    } catch (error) {
      if (!signal.aborted) options.onFault?.(error);
    }
    await pause(options.intervalMs, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    timer.unref();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
