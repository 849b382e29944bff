import type { DerivativeFiles } from './derivative-files.ts';
import type { Entry } from './derivative-index.ts';
import { inParallel } from './in-parallel.ts';

/** How exactly it is known after a restart when a picture was used last, milliseconds. */
const EXACT_MS = 10 * 60_000;
const FILES_AT_ONCE = 8;

/** When files were used last: noted in memory, now and then written as their times, read at the next start. */
export class DerivativeUse {
  readonly #files: Pick<DerivativeFiles, 'usedAt' | 'touch'>;
  readonly #onLost: (entry: Entry) => void;
  /** what is to be written */
  readonly #used = new Set<Entry>();

  /** @param onLost told of entries whose file is no longer there, or cut short */
  constructor(files: Pick<DerivativeFiles, 'usedAt' | 'touch'>, onLost: (entry: Entry) => void) {
    this.#files = files;
    this.#onLost = onLost;
  }

  note(entry: Entry, now: number): void {
    entry.usedAt = now;
    if (now - entry.touchedAt > EXACT_MS) this.#used.add(entry);
  }

  forget(entry: Entry): void {
    this.#used.delete(entry);
  }

  async write(): Promise<void> {
    const used = [...this.#used];
    this.#used.clear();
    await inParallel(used, FILES_AT_ONCE, async (entry) => {
      entry.touchedAt = entry.usedAt;
      const isThere = await this.#files.touch(entry.file, entry.usedAt);
      if (!isThere) this.#onLost(entry);
    });
  }

  /** Reads the times of files that were listed by name; they are used meanwhile. */
  async learn(entries: readonly Entry[], signal: AbortSignal): Promise<void> {
    await inParallel(entries, FILES_AT_ONCE, async (entry) => {
      if (signal.aborted || entry.isGone) return;
      const usedAt = await this.#files.usedAt(entry.file);
      if (usedAt === undefined) {
        this.#onLost(entry);
        return;
      }
      entry.touchedAt = usedAt;
      entry.usedAt = Math.max(entry.usedAt, usedAt);
    });
  }
}
