import { constants } from 'node:os';

/**
 * The first SIGINT or SIGTERM asks the command to stop, by the signal that this answers; the second one ends the
 * process at once.
 */
export function stopOnSignals(note: (text: string) => void): AbortSignal {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) process.exit(128 + constants.signals[name]);
      note(`stopping (${name}); once more stops at once`);
      stopping.abort();
    });
  }
  return stopping.signal;
}
