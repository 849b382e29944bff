import type { Derivative } from '../../delivery/derivative.ts';
import type { FileName } from './derivative-files.ts';

/** What is remembered of a kept derivative. */
export interface Entry {
  readonly file: FileName;
  /** milliseconds */
  usedAt: number;
  /** what the file says of it, milliseconds */
  touchedAt: number;
  /** the answer to whoever asks; undefined until the file was read by this process, and where it has to be read again */
  answer: Promise<Derivative> | undefined;
  /** where it is small and was used lately */
  bytes: Uint8Array | undefined;
  /** the file is being read */
  reading: Promise<Derivative | undefined> | undefined;
  /** it was dropped: whoever still reads it must not answer with it */
  isGone: boolean;
}

export function newEntry(file: FileName, usedAt: number): Entry {
  return {
    ...{ file, usedAt, touchedAt: usedAt, isGone: false },
    ...{ answer: undefined, bytes: undefined, reading: undefined },
  };
}

const BLOCK = 4096;
/** Facts behind a picture are shorter than this. */
const FACTS = 512;

/** What a file takes on disk, bytes: many small pictures cost more than the sum of their sizes. */
export function occupied({ size }: Pick<FileName, 'size'>): number {
  return Math.ceil((size + FACTS) / BLOCK) * BLOCK;
}

/** Which derivatives there are, least recently used first. Knows nothing of the disk. */
export class DerivativeIndex {
  /** in the order of use */
  #entries = new Map<string, Entry>();
  readonly #byImage = new Map<string, Entry[]>();
  #bytes = 0;

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  entries(): Entry[] {
    return [...this.#entries.values()];
  }

  /** Makes it the most recently used. */
  use(entry: Entry): void {
    this.#entries.delete(entry.file.key);
    this.#entries.set(entry.file.key, entry);
  }

  /** Adds an entry as the most recently used; answers the one it takes the place of. */
  add(entry: Entry): Entry | undefined {
    const before = this.#entries.get(entry.file.key);
    if (before) this.remove(before);
    this.#entries.set(entry.file.key, entry);
    const siblings = this.#byImage.get(entry.file.image);
    if (siblings) siblings.push(entry);
    else this.#byImage.set(entry.file.image, [entry]);
    this.#bytes += occupied(entry.file);
    return before;
  }

  /** Answers whether it was still here. */
  remove(entry: Entry): boolean {
    if (entry.isGone) return false;
    entry.isGone = true;
    this.#entries.delete(entry.file.key);
    const siblings = this.#byImage.get(entry.file.image) ?? [];
    const index = siblings.indexOf(entry);
    if (index >= 0) siblings.splice(index, 1);
    if (siblings.length === 0) this.#byImage.delete(entry.file.image);
    this.#bytes -= occupied(entry.file);
    return true;
  }

  leastRecentlyUsed(): Entry | undefined {
    for (const entry of this.#entries.values()) return entry;
    return undefined;
  }

  ofImage(image: string): readonly Entry[] {
    return [...(this.#byImage.get(image) ?? [])];
  }

  /** Puts the entries in the order of their times of use. */
  sort(): void {
    const sorted = this.entries().sort((one, other) => one.usedAt - other.usedAt);
    this.#entries = new Map(sorted.map((entry) => [entry.file.key, entry]));
  }
}
