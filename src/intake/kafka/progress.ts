/** How far a partition has come, where messages are finished in another order than they came in. */
export interface Progress {
  /** In the order of the partition. */
  begin(offset: bigint): void;
  finish(offset: bigint): void;
  /** Everything before it is finished; nothing where no message has begun. */
  position(): bigint | undefined;
}

export function createProgress(): Progress {
  /** begun, from the first that is not finished on; a Map keeps the order of insertion */
  const open = new Map<bigint, boolean>();
  let next: bigint | undefined;

  return {
    begin(offset) {
      next ??= offset;
      open.set(offset, false);
    },
    finish(offset) {
      if (!open.has(offset)) return;
      open.set(offset, true);
      for (const [begun, isFinished] of open) {
        // Offsets have gaps: compaction, transactions. Up to the next one that begins, nothing is missing.
        next = isFinished ? begun + 1n : begun;
        if (!isFinished) return;
        open.delete(begun);
      }
    },
    position: () => next,
  };
}
