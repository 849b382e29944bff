import { statSync } from 'node:fs';
import type { Metadata } from 'sharp';

const MOST_KNOWN = 64;
/** Of profiles and other pieces that came with a header, bytes; those with more are read each time. */
const MOST_ATTACHED = 64 * 1024;

/** Headers of files that were looked at lately. A file that was written since is another one. */
export class KnownHeaders {
  /** by what a file is, in the order of use */
  readonly #known = new Map<string, Metadata>();

  /** @throws what reading throws; that is not remembered */
  async of(path: string, read: () => Promise<Metadata>): Promise<Metadata> {
    const file = identityOf(path);
    if (file === undefined) return read();
    const header = this.#known.get(file) ?? (await read());
    this.#known.delete(file);
    if (attachedTo(header) <= MOST_ATTACHED && identityOf(path) === file) this.#known.set(file, header);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return header;
  }
}

/** The time of change is the kernel's own: nobody sets it back. */
function identityOf(path: string): string | undefined {
  const file = statSync(path, { bigint: true, throwIfNoEntry: false });
  return file && `${path} ${file.dev} ${file.ino} ${file.size} ${file.mtimeNs} ${file.ctimeNs}`;
}

function attachedTo(header: Metadata): number {
  const { exif, icc, iptc, xmp, tifftagPhotoshop } = header;
  const pieces = [exif, icc, iptc, xmp, tifftagPhotoshop];
  return pieces.reduce((sum, piece) => sum + (piece?.length ?? 0), 0);
}
