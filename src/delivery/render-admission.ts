import { Failure } from '../failures.ts';

export interface AdmissionLimits {
  /** renders that may be under way at once */
  readonly renders: number;
  /** of these, renders that nobody waits for */
  readonly backgroundRenders: number;
  /** bytes that the renders under way may be estimated to take together; a larger one works alone */
  readonly memoryBytes: number;
  /** requests that may wait for a render to begin */
  readonly mostWaiting: number;
  /** milliseconds: where a newcomer would have to wait longer than this, it is refused at once */
  readonly longestWaitMs: number;
}

/** `interactive`: somebody waits for the picture. These go first. */
export type RenderLane = 'interactive' | 'background';

/** How urgent a piece of work is. It becomes urgent when somebody begins to wait for it. */
export class Urgency {
  #lane: RenderLane;
  #onRaise = () => {};

  constructor(lane: RenderLane) {
    this.#lane = lane;
  }

  get lane(): RenderLane {
    return this.#lane;
  }

  raise(): void {
    if (this.#lane === 'interactive') return;
    this.#lane = 'interactive';
    this.#onRaise();
  }

  /** @param tell called when it is raised, if it ever is */
  whenRaised(tell: () => void): void {
    this.#onRaise = tell;
  }
}

/** A place among the work that is under way or waits. */
export interface Place {
  /**
   * Waits until so much work may begin.
   * @param bytes what it may take at its peak
   * @throws the signal's reason
   */
  turn(bytes: number, signal: AbortSignal): Promise<void>;
  /** Gives the place back. Doing so twice changes nothing. */
  leave(): void;
}

export interface AdmissionStats {
  readonly rendering: number;
  readonly waiting: number;
  /** since the start */
  readonly refused: number;
}

interface Visitor {
  readonly urgency: Urgency;
  state: 'arrived' | 'waiting' | 'rendering' | 'gone';
  bytes: number;
  begin: () => void;
  beganAt: number;
}

/** What a render is taken to last until one was seen, milliseconds. */
const FIRST_GUESS_MS = 200;
/** Weight of the last render in the mean. */
const NEWEST = 0.1;
const RETRY_SECONDS = { least: 1, most: 30 };

/**
 * Decides which renders begin, by what they are estimated to cost, and refuses at once what would have to wait too
 * long: a refusal is cheap, and a picture that comes after its reader has gone is of no use. Those that wait for
 * nobody begin last.
 */
export class RenderAdmission {
  readonly #limits: AdmissionLimits;
  readonly #lines: Record<RenderLane, Visitor[]> = { interactive: [], background: [] };
  readonly #rendering = new Set<Visitor>();
  #inside = 0;
  #refused = 0;
  #meanMs = FIRST_GUESS_MS;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  stats(): AdmissionStats {
    return { rendering: this.#rendering.size, waiting: this.#waiting, refused: this.#refused };
  }

  /**
   * Takes a place, before anything is read of the picture.
   * @throws Failure `overloaded`, with `retryAfterSeconds`
   */
  enter(urgency: Urgency): Place {
    // Nobody is refused for a wait where nobody waits: else a few slow renders would close the door for ever.
    const waitMs = (this.#waiting * this.#meanMs) / this.#limits.renders;
    if (this.#waiting >= this.#limits.mostWaiting || waitMs > this.#limits.longestWaitMs) {
      this.#refused += 1;
      throw overloaded(this.#waiting, waitMs);
    }
    const visitor: Visitor = { urgency, state: 'arrived', bytes: 0, begin: () => {}, beganAt: 0 };
    this.#inside += 1;
    urgency.whenRaised(() => this.#raise(visitor));
    return {
      turn: (bytes, signal) => this.#turn(visitor, bytes, signal),
      leave: () => this.#leave(visitor),
    };
  }

  get #waiting(): number {
    return this.#inside - this.#rendering.size;
  }

  async #turn(visitor: Visitor, bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    visitor.bytes = bytes;
    visitor.begin = resolve;
    visitor.state = 'waiting';
    this.#lines[visitor.urgency.lane].push(visitor);
    const abort = () => {
      this.#leave(visitor);
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#dispatch();
    return promise.finally(() => signal.removeEventListener('abort', abort));
  }

  #raise(visitor: Visitor): void {
    if (!take(this.#lines.background, visitor)) return;
    this.#lines.interactive.push(visitor);
    this.#dispatch();
  }

  #leave(visitor: Visitor): void {
    if (visitor.state === 'gone') return;
    if (this.#rendering.delete(visitor)) this.#learn(performance.now() - visitor.beganAt);
    else take(this.#lines[visitor.urgency.lane], visitor);
    visitor.state = 'gone';
    this.#inside -= 1;
    this.#dispatch();
  }

  #dispatch(): void {
    for (;;) {
      const next = this.#next();
      if (!next) return;
      take(this.#lines[next.urgency.lane], next);
      next.state = 'rendering';
      next.beganAt = performance.now();
      this.#rendering.add(next);
      next.begin();
    }
  }

  /** One that does not fit holds up those behind it, however small: overtaken for ever it would never begin. */
  #next(): Visitor | undefined {
    const { renders, backgroundRenders, memoryBytes } = this.#limits;
    const running = [...this.#rendering];
    if (running.length >= renders) return undefined;
    const inBackground = running.filter(({ urgency }) => urgency.lane === 'background').length;
    const [urgent] = this.#lines.interactive;
    const [patient] = this.#lines.background;
    const next = urgent ?? (inBackground < backgroundRenders ? patient : undefined);
    const bytes = running.reduce((sum, visitor) => sum + visitor.bytes, 0);
    const fits = running.length === 0 || bytes + (next?.bytes ?? 0) <= memoryBytes;
    return fits ? next : undefined;
  }

  #learn(tookMs: number): void {
    this.#meanMs += (tookMs - this.#meanMs) * NEWEST;
  }
}

function take(line: Visitor[], visitor: Visitor): boolean {
  const index = line.indexOf(visitor);
  if (index >= 0) line.splice(index, 1);
  return index >= 0;
}

function overloaded(waiting: number, waitMs: number): Failure {
  const seconds = Math.ceil(waitMs / 1000);
  const retryAfterSeconds = Math.min(RETRY_SECONDS.most, Math.max(RETRY_SECONDS.least, seconds));
  return new Failure(
    'overloaded',
    `${waiting} pictures wait to be made, and there is no room for more. Try again in ${retryAfterSeconds} s.`,
    { extra: { retryAfterSeconds } },
  );
}
