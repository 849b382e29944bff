import { constants } from 'node:os';

/** Why a command is asked to stop where no person asked: whoever reads its output went away (`darkroom ls | head`). */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/**
 * The first SIGINT or SIGTERM asks the command to stop, by the signal that this answers, and so does a reader of
 * standard output who goes away; a second SIGINT or SIGTERM ends the process at once.
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
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    stopping.abort(new ReaderGone('nobody reads the output any more'));
  });
  return stopping.signal;
}
