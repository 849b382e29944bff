import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { toFailure } from '../failures.ts';
import { type ErasePersonDeps, erasePerson, StillFound } from './erase-person.ts';
import type { Erasure, Who } from './erasure.ts';

/** Erases people, one after the other. */
export interface Eraser {
  /** Durable when it answers: from then on it happens, whatever else does. The same one where it goes on already. */
  ask(who: Who, askedBy: string): Promise<Erasure>;
  /** The erasure, once it has ended, or as it stands after this many milliseconds. */
  settled(erasure: Erasure, waitMs: number): Promise<Erasure>;
  /** Does what was asked for here or elsewhere; of several processes, let one do it. It may be started again. */
  start(): { stop(): Promise<void> };
}

export interface EraserDeps extends Omit<ErasePersonDeps, 'signal'> {
  readonly log: Logger;
  /** milliseconds after which one that failed is tried again, and one is found that another process was asked for */
  readonly retryMs?: number;
  /** called after each: images were erased, and others should learn of it */
  readonly wake: () => void;
}

const RETRY_MS = 60_000;
const LOOK_EVERY_MS = 20;

/** What a crash interrupted goes on at once when it is started. */
export function createEraser(deps: EraserDeps): Eraser {
  const { erasures, log, retryMs = RETRY_MS, wake } = deps;
  let asked = Promise.withResolvers<void>();

  async function eraseAll(signal: AbortSignal): Promise<void> {
    for (const erasure of await erasures.unfinished()) {
      if (signal.aborted) return;
      await eraseOne(erasure, signal);
    }
  }

  async function eraseOne(erasure: Erasure, signal: AbortSignal): Promise<void> {
    const about = { erasure_id: erasure.erasureId, tenant_id: erasure.tenantId };
    try {
      const { receipt } = await erasePerson({ ...deps, signal }, erasure);
      log.info({ ...about, images: receipt.images.length }, 'a person was erased');
    } catch (error) {
      if (signal.aborted) return;
      log.error({ ...about, err: error }, 'an erasure was not finished; it is tried again');
      const fault = error instanceof StillFound ? error.message : toFailure(error).code;
      await erasures.fail(erasure.erasureId, fault);
    } finally {
      wake();
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = asked.promise;
      await eraseAll(signal).catch((error: unknown) => log.error({ err: error }, 'erasures cannot be read'));
      await Promise.race([next, sleep(retryMs, undefined, { signal, ref: false }).catch(() => {})]);
    }
  }

  return {
    async ask(who, askedBy) {
      const erasure = await erasures.begin(who, askedBy);
      const before = asked;
      asked = Promise.withResolvers();
      before.resolve();
      return erasure;
    },

    async settled(erasure, waitMs) {
      const until = performance.now() + waitMs;
      for (;;) {
        const now = (await erasures.find(erasure.tenantId, erasure.erasureId)) ?? erasure;
        if (now.finishedAt !== undefined || performance.now() >= until) return now;
        await sleep(LOOK_EVERY_MS);
      }
    },

    start() {
      const stopping = new AbortController();
      const running = run(stopping.signal);
      return {
        async stop() {
          stopping.abort();
          await running;
        },
      };
    },
  };
}
