import { Failure } from '../../../failures.ts';

/** at once: hashing a password takes a thread of the pool that also reads and writes files, and 32 MB */
const AT_ONCE = 2;
/** more would wait longer than anybody does */
const MOST_WAITING = 100;

/** Lets few hashes of passwords run at a time, so that a flood of them takes nothing from those who send pictures. */
export function createHashGate(): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (work) => {
    if (waiting.length >= MOST_WAITING) {
      throw new Failure('overloaded', 'Too many people sign in at this moment. Try again in some seconds.');
    }
    if (running >= AT_ONCE) await new Promise<void>((go) => waiting.push(go));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
