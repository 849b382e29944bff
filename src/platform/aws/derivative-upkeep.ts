import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Leases } from '../../duties/leases.ts';
import type { PlatformLog } from '../platform.ts';
import type { SharedDerivativeCache } from './shared-derivative-cache.ts';

export interface DerivativeUpkeepOptions {
  readonly derivatives: Pick<SharedDerivativeCache, 'open' | 'listen' | 'expire'>;
  readonly leases: Pick<Leases, 'take'>;
  /** of this process, and of no other */
  readonly holder: string;
  readonly log: Pick<PlatformLog, 'warn'>;
}

const LISTEN_EVERY_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
/** How long a picture that was made on request is kept for all machines. It can be made again. */
const KEPT_MS = 30 * DAY_MS;

/**
 * Hears every minute what other machines have purged. Once a day, whoever has the lease deletes what is too old for all
 * of them.
 */
export function startDerivativeUpkeep(options: DerivativeUpkeepOptions): { stop(): Promise<void> } {
  const { derivatives, leases, holder, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let isOpen = false;
  let expiredAt = Number.NEGATIVE_INFINITY;

  async function round(): Promise<void> {
    if (!isOpen) await derivatives.open();
    isOpen = true;
    await derivatives.listen();
    if (performance.now() - expiredAt < DAY_MS || !(await leases.take('expire-derivatives', holder, DAY_MS)))
      return;
    expiredAt = performance.now();
    await derivatives.expire(KEPT_MS);
  }

  const running = (async () => {
    while (!signal.aborted) {
      await round().catch((err: unknown) =>
        log.warn({ err }, 'pictures made on request could not be looked after'),
      );
      await sleep(LISTEN_EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  })();

  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
