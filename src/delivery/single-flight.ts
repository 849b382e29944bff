import { Failure } from '../failures.ts';

export interface SingleFlightOptions {
  /** milliseconds that a piece of work may take, from its beginning, whoever waits for it */
  readonly deadlineMs: number;
}

/**
 * Work that several callers ask for at once is done once. Each caller may leave by a signal of its own; the work is
 * aborted only when the last one has left, when it takes too long, or when everything is stopped.
 */
export class SingleFlight<T> {
  readonly #deadlineMs: number;
  readonly #flights = new Map<string, Flight<T>>();
  /** also what nobody waits for any more, until it has come to its end */
  readonly #underWay = new Set<Promise<unknown>>();
  #stopped: Failure | undefined;

  constructor({ deadlineMs }: SingleFlightOptions) {
    this.#deadlineMs = deadlineMs;
  }

  /** how many pieces of work are waited for */
  get size(): number {
    return this.#flights.size;
  }

  has(key: string): boolean {
    return this.#flights.has(key);
  }

  /**
   * Joins the work under way for this key, or begins it.
   *
   * @param work its signal aborts when its result is of no use any more
   * @throws what the work throws; the reason of `signal`; Failure `overloaded` past the deadline
   */
  async run(key: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#stopped) throw this.#stopped;
    return (this.#flights.get(key) ?? this.#begin(key, work)).join(signal);
  }

  /** Aborts everything, refuses what comes, and answers when all work has come to its end. */
  async stop(): Promise<void> {
    this.#stopped ??= new Failure('shutting_down', 'The service is shutting down. Try again in a moment.');
    for (const flight of this.#flights.values()) flight.abandon(this.#stopped);
    await Promise.allSettled(this.#underWay);
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const flight = new Flight<T>({
      deadlineMs: this.#deadlineMs,
      // A newcomer must not join what is being aborted: it begins anew.
      onOver: () => this.#flights.delete(key),
    });
    this.#flights.set(key, flight);
    const end = flight.carryOut(work);
    this.#underWay.add(end);
    void end.finally(() => this.#underWay.delete(end));
    return flight;
  }
}

class Flight<T> {
  readonly #aborting = new AbortController();
  readonly #outcome = Promise.withResolvers<T>();
  readonly #onOver: () => void;
  readonly #timer: NodeJS.Timeout;
  #waiting = 0;
  #isOver = false;

  constructor({ deadlineMs, onOver }: { deadlineMs: number; onOver: () => void }) {
    this.#onOver = onOver;
    this.#timer = setTimeout(() => this.abandon(tookTooLong(deadlineMs)), deadlineMs);
    // Where everybody has left, nobody hears of it.
    this.#outcome.promise.catch(() => {});
  }

  /** Never rejects; answers when the work has come to its end, also where it was abandoned before. */
  async carryOut(work: (signal: AbortSignal) => Promise<T>): Promise<void> {
    try {
      const result = await work(this.#aborting.signal);
      this.#over(() => this.#outcome.resolve(result));
    } catch (error) {
      this.#over(() => this.#outcome.reject(error));
    }
  }

  join(signal: AbortSignal | undefined): Promise<T> {
    this.#waiting += 1;
    if (!signal) return this.#outcome.promise;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const leave = () => {
      reject(signal.reason);
      this.#waiting -= 1;
      if (this.#waiting === 0) this.abandon(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    const stay = () => signal.removeEventListener('abort', leave);
    this.#outcome.promise.then(resolve, reject).finally(stay);
    return promise;
  }

  abandon(reason: unknown): void {
    this.#over(() => {
      this.#outcome.reject(reason);
      this.#aborting.abort(reason);
    });
  }

  #over(settle: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#onOver();
    settle();
  }
}

function tookTooLong(deadlineMs: number): Failure {
  const seconds = Math.ceil(deadlineMs / 1000);
  return new Failure(
    'overloaded',
    `The picture could not be made within ${seconds} seconds. Try again in a moment.`,
    { extra: { retryAfterSeconds: 10 } },
  );
}
