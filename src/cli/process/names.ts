import { basename, dirname, join } from 'node:path';
import { stemOf } from './inputs.ts';

/** What most file systems bear, bytes of UTF-8. */
const LONGEST_NAME = 255;
/** `_`, a variant's name of 32 characters, `.`, an extension, `_` and a number */
const LONGEST_SUFFIX = 60;

/**
 * Gives each input a stem of its own, such that no two inputs ever write the same file:
 * `2024/cat.jpg` writes `2024/cat_large.webp`, and a `2024/cat.png` beside it `2024/cat_2_large.webp`.
 */
export class OutputNames {
  readonly #variants: readonly string[];
  readonly #taken: Set<string>;

  /** @param reserved paths relative to the output folder that must not be written: inputs that lie there */
  constructor(variants: readonly string[], reserved: Iterable<string> = []) {
    this.#variants = variants;
    this.#taken = new Set(Array.from(reserved, (path) => keyOf(stemOf(path))));
  }

  /** The stem of its outputs, with the subfolder. */
  claim(relativePath: string): string {
    const folder = dirname(relativePath);
    const stem = capped(stemOf(basename(relativePath)));
    for (let count = 1; ; count++) {
      const candidate = join(folder, count === 1 ? stem : `${stem}_${count}`);
      const keys = this.#variants.map((variant) => keyOf(outputStem(candidate, variant)));
      if (keys.some((key) => this.#taken.has(key))) continue;
      for (const key of keys) this.#taken.add(key);
      return candidate;
    }
  }
}

export function outputStem(stem: string, variant: string): string {
  return `${stem}_${variant}`;
}

/** Some file systems take upper and lower case, and composed and decomposed characters, for the same. */
function keyOf(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

function capped(stem: string): string {
  const room = LONGEST_NAME - LONGEST_SUFFIX;
  let bytes = 0;
  let end = 0;
  for (const character of stem) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    end += character.length;
  }
  return stem.slice(0, end);
}
