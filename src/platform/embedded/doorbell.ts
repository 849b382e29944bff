/** Wakes those who wait for work in this process. */
export interface Doorbell {
  ring(): void;
  /** Answers at the next ring, after `milliseconds`, or when `signal` aborts: the caller looks for itself. */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export function createDoorbell(): Doorbell {
  const waiting = new Set<() => void>();

  return {
    ring() {
      for (const wake of [...waiting]) wake();
    },

    wait(milliseconds, signal) {
      return new Promise((resolve) => {
        const timer = setTimeout(wake, milliseconds);
        function wake(): void {
          clearTimeout(timer);
          waiting.delete(wake);
          signal?.removeEventListener('abort', wake);
          resolve();
        }
        waiting.add(wake);
        signal?.addEventListener('abort', wake);
        if (signal?.aborted) wake();
      });
    },
  };
}
