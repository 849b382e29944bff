import { type Logger, pino } from 'pino';

/** Bytes that are gathered before they are written. */
const GATHERED = 8192;
/** Milliseconds after which they are written in any case. */
const WRITE_EVERY_MS = 250;
/** pino's number for what somebody should look at */
const WARN = 40;
/** Milliseconds between two writes of such lines: where many come, those in between are written together. */
const URGENT_EVERY_MS = 50;

/**
 * A log on standard error. Lines about everyday things are written together: one by one they would cost as much as the
 * requests that they tell of. What somebody should look at is written at once, with all that led to it; where it is the
 * hundredth such line in a moment, in the next one.
 *
 * A process that ends writes what is left; one that is killed takes a quarter of a second of everyday lines with it.
 */
export function createLog(level: string): Logger {
  const destination = pino.destination({ dest: 2, sync: true, minLength: GATHERED });
  setInterval(() => destination.flush(), WRITE_EVERY_MS).unref();
  process.once('exit', () => destination.flushSync());
  const urgent = onceInAWhile(() => destination.flushSync());
  return pino(
    {
      level,
      base: null,
      hooks: {
        logMethod(values, write, at) {
          write.apply(this, values);
          if (at >= WARN) urgent();
        },
      },
    },
    destination,
  );
}

/** The first time at once; what comes too soon after that together, when it is time. */
function onceInAWhile(act: () => void): () => void {
  let lastAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  const actNow = () => {
    timer = undefined;
    lastAt = performance.now();
    act();
  };
  return () => {
    if (timer) return;
    const early = lastAt + URGENT_EVERY_MS - performance.now();
    if (early <= 0) actNow();
    else timer = setTimeout(actNow, early).unref();
  };
}
