import { Failure } from '../failures.ts';
import { RENDER_PARTIES, type RenderParty } from './renderers.ts';

/** What waits for a renderer. */
export interface Waiting {
  readonly kind: 'probe' | 'render';
  readonly party: RenderParty;
  /** what it may take at its peak, bytes */
  readonly estimatedBytes: number;
}

/** What may begin now. */
export interface Room {
  /** renders that may begin beside those under way */
  readonly renders: number;
  /** bytes that renders under way leave */
  readonly freeBytes: number;
  /** nothing is under way: the largest render may begin, whatever it is estimated at */
  readonly isAlone: boolean;
  /** renders under way for each party */
  readonly underWay: Readonly<Record<RenderParty, number>>;
}

/**
 * Tasks in line for a renderer: probes before renders, each in the order they came. Of two parties the one goes next
 * for which fewer renders are under way, else the other one than last time, so that neither can keep the other from
 * the renderers. A render that does not fit holds up those behind it, however small: overtaken for ever it would never
 * begin.
 */
export class WaitingLine<T extends Waiting> {
  readonly #limit: number;
  readonly #probes: T[] = [];
  readonly #renders: Record<RenderParty, T[]> = { pipeline: [], delivery: [] };
  #lastServed: RenderParty | undefined;

  /** @param limit tasks; more are refused */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#lines().reduce((sum, line) => sum + line.length, 0);
  }

  /** @throws Failure `overloaded` */
  add(task: T): void {
    if (this.length >= this.#limit) {
      throw new Failure('overloaded', 'Too many images are waiting to be processed. Try again in a moment.');
    }
    this.#lineOf(task).push(task);
  }

  /** Puts back what had begun: it comes first, and is never refused. */
  putBack(task: T): void {
    this.#lineOf(task).unshift(task);
  }

  /** Takes out the next task that may begin. */
  take(room: Room): T | undefined {
    const probe = this.#probes.shift();
    if (probe) return probe;
    const party = this.#nextParty(room);
    if (!party || !this.#fits(party, room)) return undefined;
    this.#lastServed = party;
    return this.#renders[party].shift();
  }

  /** Takes out a task that nobody waits for any more; answers whether it was still here. */
  remove(task: T): boolean {
    const line = this.#lineOf(task);
    const index = line.indexOf(task);
    if (index >= 0) line.splice(index, 1);
    return index >= 0;
  }

  /** Takes out all. */
  clear(): T[] {
    return this.#lines().flatMap((line) => line.splice(0));
  }

  #lines(): T[][] {
    return [this.#probes, ...RENDER_PARTIES.map((party) => this.#renders[party])];
  }

  #lineOf({ kind, party }: T): T[] {
    return kind === 'probe' ? this.#probes : this.#renders[party];
  }

  #nextParty({ underWay }: Room): RenderParty | undefined {
    return RENDER_PARTIES.filter((party) => this.#renders[party].length > 0).toSorted(
      (one, other) =>
        underWay[one] - underWay[other] ||
        Number(one === this.#lastServed) - Number(other === this.#lastServed),
    )[0];
  }

  #fits(party: RenderParty, { renders, freeBytes, isAlone }: Room): boolean {
    const [next] = this.#renders[party];
    return next !== undefined && renders > 0 && (isAlone || next.estimatedBytes <= freeBytes);
  }
}
