import type { Database } from './database.ts';

/** Sees to it that bytes deleted from the database are not readable in its log either. */
export interface Purge {
  /** Something was deleted: at once if that was the first for a while, otherwise within {@link PAUSE}. */
  ask(): void;
  /** Does what is still to be done; no more after this. */
  close(): void;
}

/** Emptying the log makes everybody wait for the disk: a large sweep asks for it once a second, milliseconds. */
const PAUSE = 1_000;

export function createPurge(database: Database): Purge {
  let timer: NodeJS.Timeout | undefined;
  let asked = false;

  function empty(): void {
    asked = false;
    try {
      // False where a reader in another process still looks at old pages: then again after the pause.
      asked = !database.checkpoint();
    } catch {
      asked = true;
    }
    timer = setTimeout(afterPause, PAUSE);
    timer.unref();
  }

  function afterPause(): void {
    timer = undefined;
    if (asked) empty();
  }

  return {
    ask() {
      if (timer === undefined) empty();
      else asked = true;
    },
    close() {
      clearTimeout(timer);
      if (asked) empty();
      clearTimeout(timer);
    },
  };
}
