/**
 * What arrives all at once is begun in its order, a few in each turn of the event loop: whatever else there is to do,
 * health checks first of all, waits no longer than these few take.
 */
export class Arrivals {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #begun = 0;
  #isTurnAwaited = false;

  /** @param most that are begun in one turn */
  constructor(most: number) {
    this.#most = most;
  }

  /** Begins it now, or in one of the next turns where many have come. */
  begin(work: () => void): void {
    this.#awaitTurn();
    if (this.#begun >= this.#most) {
      this.#waiting.push(work);
      return;
    }
    this.#begun += 1;
    work();
  }

  #awaitTurn(): void {
    if (this.#isTurnAwaited) return;
    this.#isTurnAwaited = true;
    setImmediate(() => {
      this.#isTurnAwaited = false;
      this.#turn();
    });
  }

  #turn(): void {
    const next = this.#waiting.splice(0, this.#most);
    this.#begun = next.length;
    if (next.length > 0) this.#awaitTurn();
    for (const work of next) work();
  }
}
