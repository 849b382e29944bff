import { type Death, type DeathCause, RendererChild } from './renderer-child.ts';
import { CPU_LIMIT_SECONDS, RENDERER_ENTRY } from './renderer-launch.ts';
import { StartBackoff } from './start-backoff.ts';

export interface CrewOptions {
  /** processes that there should be */
  readonly size: number;
  /** bytes of resident memory at which a process is killed */
  readonly maxRssBytes: number;
  /** the program of a process; the real one where absent */
  readonly entry?: string | undefined;
  /** a process waits for work */
  readonly onReady: () => void;
  /** a process is gone, and its successor is being started */
  readonly onReplaced: (cause: DeathCause, lastWords: string) => void;
}

const START_DEADLINE_MS = 20_000;
/** A process that keeps more than this after a task is replaced: glibc gives back little of what it once had. */
const WORN_RSS_BYTES = 250 * 2 ** 20;
const WORN_CPU_MS = (CPU_LIMIT_SECONDS * 1000) / 3;
/** What header probes leave in a process. */
const AS_GOOD_AS_NEW_BYTES = 24 * 2 ** 20;

/** So many renderer processes, whatever happens to each of them. */
export class RendererCrew {
  readonly #options: CrewOptions;
  readonly #children = new Set<RendererChild>();
  readonly #starts = new StartBackoff();
  #nextStart: NodeJS.Timeout | undefined;
  #closed: { readonly done: Promise<void>; readonly finish: () => void } | undefined;
  /** processes that were replaced */
  restarts = 0;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#startMissing();
  }

  get members(): readonly RendererChild[] {
    return [...this.#children];
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** None works or waits for work, and starting some has failed too often for anybody to wait for it. */
  get isHopeless(): boolean {
    return this.#starts.isHopeless && !this.members.some((child) => child.isIdle || child.isBusy);
  }

  /** A process has answered: what is installed here works. Where the task has worn it out, it is replaced. */
  hasAnswered(child: RendererChild): void {
    this.#starts.succeeded();
    if (child.rss > WORN_RSS_BYTES || child.cpuMs > WORN_CPU_MS) child.kill('recycled');
  }

  /** Whether a task fits on top of what earlier ones have left; a process that is as good as new takes every task. */
  hasRoom(child: RendererChild, estimatedBytes: number): boolean {
    const left = child.rss - child.freshRss;
    return left < AS_GOOD_AS_NEW_BYTES || left + estimatedBytes <= this.#options.maxRssBytes;
  }

  /** Makes sure that a fresh process comes, in the place of one that waits for work. */
  makeRoom(): void {
    if (this.members.some(({ isStarting }) => isStarting)) return;
    this.members.find(({ isIdle }) => isIdle)?.kill('recycled');
  }

  /** Kills all. */
  close(): Promise<void> {
    if (this.#closed) return this.#closed.done;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closed = { done: promise, finish: resolve };
    clearTimeout(this.#nextStart);
    for (const child of this.#children) child.kill('closed');
    if (this.#children.size === 0) resolve();
    return promise;
  }

  /** All that are missing, or after failed starts one at a time. */
  #startMissing(): void {
    const missing = this.#options.size - this.#children.size;
    if (this.#closed || this.#nextStart || missing <= 0) return;
    const { delayMs } = this.#starts;
    if (delayMs === 0) {
      for (let count = 0; count < missing; count += 1) this.#start();
      return;
    }
    this.#nextStart = setTimeout(() => {
      this.#nextStart = undefined;
      this.#start();
      this.#startMissing();
    }, delayMs);
  }

  #start(): void {
    const { entry = RENDERER_ENTRY, maxRssBytes, onReady } = this.#options;
    const child = new RendererChild({
      entry,
      maxRssBytes,
      startDeadlineMs: START_DEADLINE_MS,
      onReady,
      onGone: (gone, death) => this.#replace(gone, death),
    });
    this.#children.add(child);
  }

  #replace(child: RendererChild, { cause, lastWords, task }: Death): void {
    this.#children.delete(child);
    if (this.#closed) {
      if (this.#children.size === 0) this.#closed.finish();
      return;
    }
    this.restarts += 1;
    // It never did anything: whatever ended it will likely end the next one too.
    if (task === undefined && child.answered === 0) this.#starts.failed();
    this.#options.onReplaced(cause, lastWords);
    this.#startMissing();
  }
}
