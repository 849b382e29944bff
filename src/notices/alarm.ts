/** Remembers one ring until somebody asks, however often it rang in between. */
export interface Alarm {
  ring(): void;
  /**
   * Waits for the next ring; answers at once where it has rung since it last answered.
   * @returns false after `ms` without a ring, or when `signal` aborts
   */
  rung(ms: number, signal?: AbortSignal): Promise<boolean>;
}

export function createAlarm(): Alarm {
  let hasRung = false;
  let wake = () => {};
  return {
    ring() {
      hasRung = true;
      wake();
    },
    async rung(ms, signal) {
      if (!hasRung) {
        await sleep(ms, signal, (done) => {
          wake = done;
        });
      }
      const answer = hasRung;
      hasRung = false;
      return answer;
    },
  };
}

/** Resolves after `ms`, when `signal` aborts, or when what `wakeBy` was given is called. */
export function sleep(
  ms: number,
  signal?: AbortSignal,
  wakeBy: (done: () => void) => void = () => {},
): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
    wakeBy(done);
  });
}
