import type { Entry } from './derivative-index.ts';

/** Bytes of small pictures that were used lately, bounded; least recently used out. */
export class MemoryPictures {
  readonly #capacity: number;
  readonly #held = new Set<Entry>();
  #bytes = 0;

  /** @param capacity bytes */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get bytes(): number {
    return this.#bytes;
  }

  hold(entry: Entry, bytes: Uint8Array): void {
    this.drop(entry);
    entry.bytes = bytes;
    this.#held.add(entry);
    this.#bytes += bytes.length;
    while (this.#bytes > this.#capacity) {
      const [oldest] = this.#held;
      if (!oldest) return;
      this.drop(oldest);
    }
  }

  /** Makes it the most recently used, where it is held. */
  use(entry: Entry): void {
    if (this.#held.delete(entry)) this.#held.add(entry);
  }

  drop(entry: Entry): void {
    if (!this.#held.delete(entry)) return;
    this.#bytes -= entry.bytes?.length ?? 0;
    entry.bytes = undefined;
    entry.answer = undefined;
  }
}
