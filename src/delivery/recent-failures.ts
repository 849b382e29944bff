import { Failure } from '../failures.ts';
import type { Clock } from '../images/clock.ts';

/** milliseconds for which a picture that could not be made is not tried again */
const REMEMBERED_MS = 60_000;
const MOST_REMEMBERED = 2000;

/**
 * Which pictures could not be made lately: one that kills its renderer, or works until its deadline, must not do so
 * again for everybody who asks.
 */
export class RecentFailures {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, { readonly failure: Failure; readonly until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws the Failure that making this picture ended in lately */
  assertNone(key: string): void {
    const known = this.#byKey.get(key);
    if (!known) return;
    if (this.#clock.now() < known.until) throw known.failure;
    this.#byKey.delete(key);
  }

  /** Remembers what will happen again: the picture's own doing, not that of a full disk or of too much work. */
  note(key: string, error: unknown): void {
    if (!(error instanceof Failure) || !isLasting(error)) return;
    this.#byKey.delete(key);
    this.#byKey.set(key, { failure: error, until: this.#clock.now() + REMEMBERED_MS });
    const [oldest] = this.#byKey.keys();
    if (this.#byKey.size > MOST_REMEMBERED && oldest !== undefined) this.#byKey.delete(oldest);
  }
}

function isLasting({ code, reaction }: Failure): boolean {
  return reaction.onQueue === 'reject' || code === 'renderer_crashed' || code === 'render_failed';
}
