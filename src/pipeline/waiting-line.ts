import { Failure } from '../failures.ts';

/** What waits for a renderer. */
export interface Waiting {
  readonly kind: 'probe' | 'render';
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
}

/**
 * Tasks in line for a renderer: probes before renders, each in the order they came. A render that does not fit holds
 * up those behind it, however small: overtaken for ever it would never begin.
 */
export class WaitingLine<T extends Waiting> {
  readonly #limit: number;
  readonly #lines: Record<Waiting['kind'], T[]> = { probe: [], render: [] };

  /** @param limit tasks; more are refused */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#lines.probe.length + this.#lines.render.length;
  }

  /** @throws Failure `overloaded` */
  add(task: T): void {
    if (this.length >= this.#limit) {
      throw new Failure('overloaded', 'Too many images are waiting to be processed. Try again in a moment.');
    }
    this.#lines[task.kind].push(task);
  }

  /** Puts back what had begun: it comes first, and is never refused. */
  putBack(task: T): void {
    this.#lines[task.kind].unshift(task);
  }

  /** Takes out the next task that may begin. */
  take(room: Room): T | undefined {
    return this.#lines.probe.shift() ?? (this.#fits(room) ? this.#lines.render.shift() : undefined);
  }

  /** Takes out a task that nobody waits for any more; answers whether it was still here. */
  remove(task: T): boolean {
    const line = this.#lines[task.kind];
    const index = line.indexOf(task);
    if (index >= 0) line.splice(index, 1);
    return index >= 0;
  }

  /** Takes out all. */
  clear(): T[] {
    return [...this.#lines.probe.splice(0), ...this.#lines.render.splice(0)];
  }

  #fits({ renders, freeBytes, isAlone }: Room): boolean {
    const [next] = this.#lines.render;
    return next !== undefined && renders > 0 && (isAlone || next.estimatedBytes <= freeBytes);
  }
}
