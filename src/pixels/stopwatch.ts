/** Adds up wall time by name. */
export class Stopwatch {
  readonly #sums = new Map<string, number>();

  /** Runs the work and adds its time to the name, also where it fails. */
  async time<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    try {
      return await work();
    } finally {
      this.#sums.set(name, (this.#sums.get(name) ?? 0) + performance.now() - started);
    }
  }

  milliseconds(): Record<string, number> {
    return Object.fromEntries(this.#sums);
  }
}
