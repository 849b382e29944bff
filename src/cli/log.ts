import { type Logger, pino } from 'pino';

/** Bytes that are gathered before they are written. */
const GATHERED = 8192;
/** Milliseconds after which they are written in any case. */
const WRITE_EVERY_MS = 250;
/** pino's number for what somebody should look at */
const WARN = 40;

/**
 * A log on standard error. Lines about everyday things are written together: one by one they would cost as much as the
 * requests that they tell of. What somebody should look at is written at once, with all that led to it.
 *
 * A process that ends writes what is left; one that is killed takes a quarter of a second of everyday lines with it.
 */
export function createLog(level: string): Logger {
  const destination = pino.destination({ dest: 2, sync: true, minLength: GATHERED });
  setInterval(() => destination.flush(), WRITE_EVERY_MS).unref();
  process.once('exit', () => destination.flushSync());
  return pino(
    {
      level,
      base: null,
      hooks: {
        logMethod(values, write, at) {
          write.apply(this, values);
          if (at >= WARN) destination.flushSync();
        },
      },
    },
    destination,
  );
}
