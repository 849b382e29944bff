import type { Lock, Locker, RequestRelease } from '@tus/server';
import { Failure } from '../failures.ts';

/** More than so many requests in line for one upload are no client of ours. */
const MAX_WAITING = 16;

/**
 * One request at a time works on an upload. Who comes next asks the holder to let go (a phone that lost its link has
 * left a request behind that nobody will finish) and waits in line, without polling.
 *
 * The locker that comes with @tus/server spins on `setImmediate` while it waits.
 *
 * @param waitMs how long a request waits before it is told `upload_in_progress`
 */
export function createUploadLocks({ waitMs }: { waitMs: number }): Locker {
  const holders = new Map<string, Holder>();

  function locked(id: string, signal: AbortSignal, requestRelease: RequestRelease): Promise<void> {
    const holder = holders.get(id);
    if (!holder) {
      holders.set(id, { requestRelease, waiting: [] });
      return Promise.resolve();
    }
    if (signal.aborted || holder.waiting.length >= MAX_WAITING) return Promise.reject(inUse());
    void holder.requestRelease();
    return new Promise((resolve, reject) => {
      const leave = () => {
        holder.waiting = holder.waiting.filter((other) => other !== waiter);
        stop();
        reject(inUse());
      };
      const timer = setTimeout(leave, waitMs);
      const stop = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', leave);
      };
      const waiter: Waiter = {
        requestRelease,
        take: () => {
          stop();
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      holder.waiting.push(waiter);
    });
  }

  function unlock(id: string): void {
    const holder = holders.get(id);
    const next = holder?.waiting.shift();
    if (!holder || !next) {
      holders.delete(id);
      return;
    }
    holder.requestRelease = next.requestRelease;
    next.take();
    if (holder.waiting.length > 0) void holder.requestRelease();
  }

  return {
    newLock: (id): Lock => ({
      lock: (signal, requestRelease) => locked(id, signal, requestRelease),
      unlock: async () => unlock(id),
    }),
  };
}

interface Holder {
  requestRelease: RequestRelease;
  waiting: Waiter[];
}

interface Waiter {
  readonly requestRelease: RequestRelease;
  take(): void;
}

function inUse(): Failure {
  return new Failure(
    'upload_in_progress',
    'Another request works on this upload. Wait a moment, ask for its offset, then go on from there.',
  );
}
