import { performance } from 'node:perf_hooks';
import { isFailure } from '../failures.ts';
import type { Delivery, Queue } from './queue.ts';

/** Holds a message for as long as it is worked on. */
export interface Lease {
  /** aborts when the lease is lost: somebody else may have the message, so nothing may be published any more */
  readonly signal: AbortSignal;
  /** Answers when the message is surely still ours. @throws Failure `stale_write` otherwise */
  assertHeld(): Promise<void>;
  /** Stops extending. */
  end(): void;
}

/** Why work was aborted: the message is somebody else's. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

export interface LeaseOptions {
  readonly queue: Pick<Queue, 'extend'>;
  readonly delivery: Delivery;
  readonly leaseMs: number;
  /** told when an extension failed for a reason that may pass */
  readonly onFault: (error: unknown) => void;
}

/**
 * Extends the lease three times in its length. Where the queue cannot be reached for as long as the lease lasts, it
 * counts as lost. Measured on the monotonic clock, which goes on while the process is stopped.
 */
export function holdLease({ queue, delivery, leaseMs, onFault }: LeaseOptions): Lease {
  const lost = new AbortController();
  let heldUntil = performance.now() + leaseMs;
  const timer = setInterval(() => void extend().catch(onFault), leaseMs / 3);

  async function extend(): Promise<void> {
    const asked = performance.now();
    try {
      await queue.extend(delivery, leaseMs);
      heldUntil = asked + leaseMs;
    } catch (error) {
      if (isFailure(error, 'stale_write') || performance.now() >= heldUntil) lose();
      throw error;
    }
  }

  function lose(): void {
    clearInterval(timer);
    lost.abort(new LeaseLost(`the lease on message ${delivery.messageId} was lost`));
  }

  return {
    signal: lost.signal,
    async assertHeld() {
      lost.signal.throwIfAborted();
      // Past its middle, it may end before the write that is to come has.
      if (performance.now() > heldUntil - leaseMs / 2) await extend();
      lost.signal.throwIfAborted();
    },
    end: () => clearInterval(timer),
  };
}
