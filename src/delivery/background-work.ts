export interface BackgroundLimits {
  /** pieces of work under way at once */
  readonly atOnce: number;
  /** pieces of work that wait; what comes beyond is dropped */
  readonly mostWaiting: number;
}

/** Work that nobody waits for: in the order it came, each key once, bounded. Lost when the process ends. */
export class BackgroundWork {
  readonly #limits: BackgroundLimits;
  readonly #waiting = new Map<string, () => Promise<void>>();
  readonly #underWay = new Map<string, Promise<void>>();
  #isStopped = false;

  constructor(limits: BackgroundLimits) {
    this.#limits = limits;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Takes on a piece of work, unless it waits or is under way already.
   * @param work must not throw
   * @returns false where it was dropped, for there is too much of it
   */
  add(key: string, work: () => Promise<void>): boolean {
    if (this.#isStopped) return false;
    if (this.#waiting.has(key) || this.#underWay.has(key)) return true;
    if (this.#waiting.size >= this.#limits.mostWaiting) return false;
    this.#waiting.set(key, work);
    this.#goOn();
    return true;
  }

  /** Begins nothing more; answers when what was under way has come to its end. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#waiting.clear();
    await Promise.all(this.#underWay.values());
  }

  #goOn(): void {
    for (const [key, work] of this.#waiting) {
      if (this.#underWay.size >= this.#limits.atOnce) return;
      this.#waiting.delete(key);
      const done = work().finally(() => {
        this.#underWay.delete(key);
        this.#goOn();
      });
      this.#underWay.set(key, done);
    }
  }
}
