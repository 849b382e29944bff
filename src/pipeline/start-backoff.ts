/** Starts that fail in a row: each waits longer than the one before, so that a broken install does not spin. */
export class StartBackoff {
  #failures = 0;

  /** milliseconds to wait before the next start */
  get delayMs(): number {
    return this.#failures === 0 ? 0 : Math.min(100 * 2 ** (this.#failures - 1), LONGEST_DELAY_MS);
  }

  /** After this many failures nobody should wait for a start any longer. */
  get isHopeless(): boolean {
    return this.#failures >= HOPELESS;
  }

  failed(): void {
    this.#failures += 1;
  }

  succeeded(): void {
    this.#failures = 0;
  }
}

const LONGEST_DELAY_MS = 10_000;
const HOPELESS = 3;
