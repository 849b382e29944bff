import { type DroppedFile, sameFile } from './folder-scan.ts';

/**
 * Knows which files have been still for long enough. A date in the past proves nothing (copies keep it), so what counts
 * is how long a file has been seen unchanged.
 */
export interface Lookout {
  /** Notes a file that is there. @returns whether it is to be taken now */
  sees(file: DroppedFile, now: number): boolean;
  /** It could not be taken: again after a while, and after a longer one each time. */
  postpone(file: DroppedFile, now: number): void;
  /** It was taken and cannot be removed: never again unless it changes. */
  leave(file: DroppedFile): void;
  /** Forgets what was not seen since the last time. */
  endOfLook(): void;
  /** milliseconds until a file that is known may be ready; infinite where none is */
  msToNext(now: number): number;
}

/** An empty file is mostly one that somebody is about to write. */
const PATIENCE_WITH_EMPTY = 10;
const FIRST_POSTPONEMENT_MS = 1_000;
const LONGEST_POSTPONEMENT_MS = 60_000;

/** Times are milliseconds of a clock that never jumps. */
export function createLookout({ settleMs }: { settleMs: number }): Lookout {
  const known = new Map<string, Sighting>();
  const seen = new Set<string>();

  return {
    sees(file, now) {
      const key = keyOf(file);
      seen.add(key);
      let sighting = known.get(key);
      if (!sighting || !sameFile(sighting.file.stats, file.stats)) {
        const patience = file.stats.size === 0n ? PATIENCE_WITH_EMPTY : 1;
        sighting = { file, takeAt: now + settleMs * patience, postponed: 0 };
        known.set(key, sighting);
      }
      return now >= sighting.takeAt;
    },

    postpone(file, now) {
      const sighting = known.get(keyOf(file));
      if (!sighting) return;
      const pause = Math.min(FIRST_POSTPONEMENT_MS * 2 ** sighting.postponed, LONGEST_POSTPONEMENT_MS);
      sighting.postponed += 1;
      sighting.takeAt = now + pause;
    },

    leave(file) {
      const sighting = known.get(keyOf(file));
      if (sighting) sighting.takeAt = Number.POSITIVE_INFINITY;
    },

    endOfLook() {
      for (const key of known.keys()) if (!seen.has(key)) known.delete(key);
      seen.clear();
    },

    msToNext(now) {
      let next = Number.POSITIVE_INFINITY;
      for (const { takeAt } of known.values()) next = Math.min(next, takeAt);
      return Math.max(0, next - now);
    },
  };
}

interface Sighting {
  readonly file: DroppedFile;
  takeAt: number;
  postponed: number;
}

/** Every byte a character: names need not be UTF-8. */
function keyOf({ path }: DroppedFile): string {
  return path.toString('latin1');
}
