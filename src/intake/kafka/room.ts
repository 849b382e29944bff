/** How much may be under way at once. Whoever wants more waits; one alone is let in whatever its size. */
export interface Room {
  /** @returns false where `signal` aborted first; then nothing is taken */
  take(bytes: number, signal: AbortSignal): Promise<boolean>;
  give(bytes: number): void;
}

export function createRoom(most: { readonly bytes: number; readonly messages: number }): Room {
  let bytesTaken = 0;
  let messagesTaken = 0;
  let changed = Promise.withResolvers<void>();

  const isFree = (bytes: number) =>
    messagesTaken === 0 || (messagesTaken < most.messages && bytesTaken + bytes <= most.bytes);

  return {
    async take(bytes, signal) {
      const aborted = Promise.withResolvers<void>();
      const abort = () => aborted.resolve();
      signal.addEventListener('abort', abort, { once: true });
      try {
        while (!isFree(bytes) && !signal.aborted) await Promise.race([changed.promise, aborted.promise]);
      } finally {
        signal.removeEventListener('abort', abort);
      }
      if (signal.aborted) return false;
      bytesTaken += bytes;
      messagesTaken += 1;
      return true;
    },
    give(bytes) {
      bytesTaken -= bytes;
      messagesTaken -= 1;
      changed.resolve();
      changed = Promise.withResolvers();
    },
  };
}
