import { Failure } from '../failures.ts';

/**
 * One at a time works on an image that is coming in, by whatever way. Who comes next asks the holder to let go (a phone
 * that lost its link has left a request behind that nobody will finish) and waits in line.
 */
export interface UploadLocks {
  /**
   * @param turn what the holder is asked, and when to stop waiting
   * @returns gives the turn to the next in line; to be called once
   * @throws Failure `upload_in_progress` where the turn does not come in time
   */
  take(imageId: string, turn?: Turn): Promise<() => void>;

  /** Runs `work` in its turn. */
  hold<T>(imageId: string, work: () => Promise<T>, turn?: Turn): Promise<T>;
}

export interface Turn {
  /** Somebody waits. Called again for each who does. */
  readonly letGo?: () => unknown;
  readonly signal?: AbortSignal;
}

/** More than so many in line for one image are no client of ours. */
const MAX_WAITING = 16;

/** @param waitMs how long one waits in line */
export function createUploadLocks({ waitMs }: { waitMs: number }): UploadLocks {
  const holders = new Map<string, Holder>();

  async function take(imageId: string, turn: Turn = {}): Promise<() => void> {
    const holder = holders.get(imageId);
    if (!holder) {
      holders.set(imageId, { turn, line: [] });
    } else {
      if (turn.signal?.aborted || holder.line.length >= MAX_WAITING) throw inProgress();
      holder.turn.letGo?.();
      await queued(holder, turn, waitMs);
    }
    return () => release(imageId);
  }

  function release(imageId: string): void {
    const holder = holders.get(imageId);
    const next = holder?.line.shift();
    if (!holder || !next) {
      holders.delete(imageId);
      return;
    }
    holder.turn = next.turn;
    next.begin();
    if (holder.line.length > 0) next.turn.letGo?.();
  }

  return {
    take,
    async hold(imageId, work, turn) {
      const letGo = await take(imageId, turn);
      try {
        return await work();
      } finally {
        letGo();
      }
    },
  };
}

interface Holder {
  turn: Turn;
  line: Waiter[];
}

interface Waiter {
  readonly turn: Turn;
  begin(): void;
}

function queued(holder: Holder, turn: Turn, waitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      turn.signal?.removeEventListener('abort', leave);
    };
    const leave = () => {
      stop();
      holder.line = holder.line.filter((other) => other !== waiter);
      reject(inProgress());
    };
    const waiter: Waiter = {
      turn,
      begin() {
        stop();
        resolve();
      },
    };
    const timer = setTimeout(leave, waitMs);
    turn.signal?.addEventListener('abort', leave, { once: true });
    holder.line.push(waiter);
  });
}

export function inProgress(): Failure {
  return new Failure(
    'upload_in_progress',
    'Another upload to the same image is under way. Wait a moment, then ask for its state.',
  );
}
