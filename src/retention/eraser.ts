import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { toFailure } from '../failures.ts';
import { type ErasePersonDeps, erasePerson } from './erase-person.ts';
import type { Erasure, Who } from './erasure.ts';

/** Erases people, one after the other, for as long as the service runs. */
export interface Eraser {
  /** Durable when it answers: from then on it happens, whatever else does. The same one where it goes on already. */
  ask(who: Who, askedBy: string): Promise<Erasure>;
  /** The erasure, once it has ended, or as it stands after this many milliseconds. */
  settled(erasure: Erasure, waitMs: number): Promise<Erasure>;
  stop(): Promise<void>;
}

export interface EraserDeps extends Omit<ErasePersonDeps, 'signal'> {
  readonly log: Logger;
  /** milliseconds after which one that failed is tried again */
  readonly retryMs?: number;
  /** called after each: images were erased, and others should learn of it */
  readonly wake: () => void;
}

const RETRY_MS = 60_000;
const LOOK_EVERY_MS = 20;

/** What a crash interrupted goes on at once. */
export function startEraser(deps: EraserDeps): Eraser {
  const { erasures, log, retryMs = RETRY_MS, wake } = deps;
  const stopping = new AbortController();
  let asked = Promise.withResolvers<void>();

  async function eraseAll(): Promise<void> {
    for (const erasure of await erasures.unfinished()) {
      if (stopping.signal.aborted) return;
      await eraseOne(erasure);
    }
  }

  async function eraseOne(erasure: Erasure): Promise<void> {
    const about = { erasure_id: erasure.erasureId, tenant_id: erasure.tenantId };
    try {
      const { receipt } = await erasePerson({ ...deps, signal: stopping.signal }, erasure);
      log.info({ ...about, images: receipt.images.length }, 'a person was erased');
    } catch (error) {
      if (stopping.signal.aborted) return;
      log.error({ ...about, err: error }, 'an erasure was not finished; it is tried again');
      await erasures.fail(erasure.erasureId, toFailure(error).code);
    } finally {
      wake();
    }
  }

  const running = (async () => {
    while (!stopping.signal.aborted) {
      const next = asked.promise;
      await eraseAll().catch((error: unknown) => log.error({ err: error }, 'erasures cannot be read'));
      await Promise.race([
        next,
        sleep(retryMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {}),
      ]);
    }
  })();

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

    async stop() {
      stopping.abort();
      await running;
    },
  };
}
