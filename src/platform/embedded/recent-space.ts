import type { Disk } from './disk.ts';

/** For so long it is taken as it was seen, milliseconds... */
const GOOD_FOR_MS = 1000;
/** ...where there is more than could be filled meanwhile, bytes. */
const PLENTY = 4 * 2 ** 30;

/** The free space of a disk, looked at once in a while where there is plenty, and each time where there is not. */
export class RecentSpace {
  readonly #disk: Pick<Disk, 'space'>;
  #seen: { readonly space: Awaited<ReturnType<Disk['space']>>; readonly at: number } | undefined;

  constructor(disk: Pick<Disk, 'space'>) {
    this.#disk = disk;
  }

  async now(): ReturnType<Disk['space']> {
    const seen = this.#seen;
    if (seen && seen.space.free > PLENTY && performance.now() - seen.at < GOOD_FOR_MS) return seen.space;
    const space = await this.#disk.space();
    this.#seen = { space, at: performance.now() };
    return space;
  }
}
