import { Failure } from '../failures.ts';
import type { Probe, ProbeLimits } from '../pixels/picture.ts';
import type { Rendered, RenderPlan } from '../pixels/render-plan.ts';
import { areThere, isAsPlanned } from './rendered-files.ts';
import { type Death, type DeathCause, RendererChild } from './renderer-child.ts';
import { type Circumstances, failureOf, isByHand, unlessOutOfMemory } from './renderer-deaths.ts';
import { CPU_LIMIT_SECONDS, RENDERER_ENTRY } from './renderer-launch.ts';
import { heardFailure, type TaskAnswer, type TaskBody } from './renderer-protocol.ts';
import type { RendererStats, Renderers, RenderOptions, RenderParty } from './renderers.ts';
import { residentBytes } from './resident-memory.ts';
import { StartBackoff } from './start-backoff.ts';
import { WaitingLine } from './waiting-line.ts';

export interface PoolOptions {
  /** renders at a time, each in a process; one more process stands by for probes and to replace one that dies */
  readonly processes: number;
  /** milliseconds that a render may work, where it does not say itself; then its process is killed */
  readonly deadlineMs: number;
  /** bytes that all renders under way may be estimated to take together; a larger one works alone */
  readonly memoryBytes: number;
  /** bytes of resident memory at which a process is killed */
  readonly maxRssBytes: number;
  /** tasks; more are refused as `overloaded` */
  readonly maxWaiting?: number;
  /** told of each process that is replaced, and why */
  readonly onRestart?: (cause: DeathCause, lastWords: string) => void;
  /** the program of a renderer process; another one only to see it misbehave */
  readonly entry?: string;
}

const MAX_WAITING = 256;
const PROBE_DEADLINE_MS = 10_000;
const START_DEADLINE_MS = 20_000;
/** A process that keeps more than this after a task is replaced: glibc gives back little of what it once had. */
const WORN_RSS_BYTES = 250 * 2 ** 20;
const AS_GOOD_AS_NEW_BYTES = 24 * 2 ** 20;
const WORN_CPU_MS = (CPU_LIMIT_SECONDS * 1000) / 3;

/** Starts the renderer processes; tasks may come at once. See {@link Renderers} for what they throw. */
export function startRendererPool(options: PoolOptions): Renderers {
  return new RendererPool(options);
}

interface Job {
  readonly kind: TaskBody['kind'];
  readonly party: RenderParty;
  readonly body: TaskBody;
  readonly estimatedBytes: number;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly resolve: (answer: TaskAnswer) => void;
  readonly reject: (error: unknown) => void;
  /** its process was killed from outside once: the next time counts */
  wasSpared: boolean;
}

class RendererPool implements Renderers {
  readonly #options: PoolOptions;
  readonly #children = new Set<RendererChild>();
  readonly #running = new Map<Job, RendererChild>();
  readonly #line: WaitingLine<Job>;
  readonly #starts = new StartBackoff();
  #nextStart: NodeJS.Timeout | undefined;
  #lastId = 0;
  #restarts = 0;
  #closed: { readonly done: Promise<void>; readonly finish: () => void } | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#line = new WaitingLine(options.maxWaiting ?? MAX_WAITING);
    this.#startMissing();
  }

  async probe(path: string, limits: ProbeLimits, options: { signal?: AbortSignal } = {}): Promise<Probe> {
    const answer = await this.#submit(
      { kind: 'probe', path, limits },
      {
        party: 'pipeline',
        estimatedBytes: 0,
        deadlineMs: Math.min(PROBE_DEADLINE_MS, this.#options.deadlineMs),
        signal: options.signal,
      },
    );
    if (answer.kind !== 'probed') throw nonsense();
    return answer.probe;
  }

  async render(plan: RenderPlan, options: RenderOptions): Promise<Rendered> {
    const { outDir, estimatedBytes, deadlineMs = this.#options.deadlineMs, party = 'pipeline' } = options;
    const answer = await this.#submit(
      { kind: 'render', plan, outDir },
      { party, estimatedBytes, deadlineMs, signal: options.signal },
    );
    if (answer.kind !== 'rendered' || !areThere(answer.rendered)) throw nonsense();
    return answer.rendered;
  }

  stats(): RendererStats {
    return {
      processes: [...this.#children].map((child) => ({
        pid: child.pid,
        busy: child.isBusy,
        rss: residentBytes(child.pid) ?? child.rss,
      })),
      waiting: this.#line.length,
      restarts: this.#restarts,
    };
  }

  close(): Promise<void> {
    if (this.#closed) return this.#closed.done;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closed = { done: promise, finish: resolve };
    clearTimeout(this.#nextStart);
    for (const job of this.#line.clear()) job.reject(shuttingDown());
    for (const child of this.#children) child.kill('closed');
    if (this.#children.size === 0) resolve();
    return promise;
  }

  async #submit(
    body: TaskBody,
    terms: Pick<Job, 'party' | 'estimatedBytes' | 'deadlineMs' | 'signal'>,
  ): Promise<TaskAnswer> {
    const { signal } = terms;
    signal?.throwIfAborted();
    if (this.#closed) throw shuttingDown();
    if (this.#isHopeless()) throw cannotStart();
    const { promise, resolve, reject } = Promise.withResolvers<TaskAnswer>();
    const job: Job = { kind: body.kind, body, ...terms, resolve, reject, wasSpared: false };
    this.#line.add(job);
    const abort = () => this.#abort(job);
    signal?.addEventListener('abort', abort, { once: true });
    this.#dispatch();
    return promise.finally(() => signal?.removeEventListener('abort', abort));
  }

  #abort(job: Job): void {
    if (this.#line.remove(job)) job.reject(job.signal?.reason);
    else this.#running.get(job)?.kill('aborted');
  }

  #dispatch(): void {
    let idle = [...this.#children].filter((child) => child.isIdle);
    while (idle.length > 0) {
      const job = this.#line.take(this.#room());
      if (!job) return;
      const child = idle.find((candidate) => this.#hasRoom(candidate, job));
      if (!child) {
        this.#line.putBack(job);
        // The one that takes its place will have room.
        if (![...this.#children].some(({ isStarting }) => isStarting)) idle[0]?.kill('recycled');
        return;
      }
      idle = idle.filter((other) => other !== child);
      void this.#run(job, child);
    }
  }

  /** Whether a task fits on top of what earlier ones have left; a process that is as good as new takes every task. */
  #hasRoom(child: RendererChild, { estimatedBytes }: Job): boolean {
    const left = child.rss - child.freshRss;
    return left < AS_GOOD_AS_NEW_BYTES || left + estimatedBytes <= this.#options.maxRssBytes;
  }

  #room() {
    const renders = [...this.#running.keys()].filter(({ kind }) => kind === 'render');
    const bytes = renders.reduce((sum, { estimatedBytes }) => sum + estimatedBytes, 0);
    return {
      renders: this.#options.processes - renders.length,
      freeBytes: this.#options.memoryBytes - bytes,
      isAlone: renders.length === 0,
      underWay: countByParty(renders),
    };
  }

  async #run(job: Job, child: RendererChild): Promise<void> {
    this.#running.set(job, child);
    this.#lastId += 1;
    const outcome = await child.run({ ...job.body, id: this.#lastId }, job.deadlineMs);
    this.#running.delete(job);
    if ('answer' in outcome) this.#answered(job, child, outcome.answer);
    else this.#died(job, child, outcome.death);
    this.#dispatch();
  }

  #answered(job: Job, child: RendererChild, answer: TaskAnswer): void {
    this.#starts.succeeded();
    const isNonsense = !isAnswerTo(job.body, answer);
    if (isNonsense) child.kill('nonsense');
    else if (isWorn(child)) child.kill('recycled');
    if (isNonsense) job.reject(nonsense());
    else if (answer.kind === 'failed') {
      job.reject(unlessOutOfMemory(heardFailure(answer.failure), this.#circumstances(job, child)));
    } else job.resolve(answer);
  }

  #died(job: Job, child: RendererChild, death: Death): void {
    if (isByHand(death) && !job.wasSpared && !this.#closed && !job.signal?.aborted) {
      job.wasSpared = true;
      this.#line.putBack(job);
      return;
    }
    job.reject(failureOf(death, this.#circumstances(job, child)));
  }

  #circumstances({ deadlineMs, estimatedBytes, signal }: Job, { rss }: RendererChild): Circumstances {
    return { deadlineMs, estimatedBytes, signal, rss, maxRssBytes: this.#options.maxRssBytes };
  }

  /** All that are missing, or after failed starts one at a time. */
  #startMissing(): void {
    const missing = this.#options.processes + 1 - this.#children.size;
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
    const { entry = RENDERER_ENTRY, maxRssBytes } = this.#options;
    const child = new RendererChild({
      entry,
      maxRssBytes,
      startDeadlineMs: START_DEADLINE_MS,
      onReady: () => this.#dispatch(),
      onGone: (gone, death) => this.#replace(gone, death),
    });
    this.#children.add(child);
  }

  #replace(child: RendererChild, death: Death): void {
    this.#children.delete(child);
    if (this.#closed) {
      if (this.#children.size === 0) this.#closed.finish();
      return;
    }
    this.#restarts += 1;
    this.#options.onRestart?.(death.cause, death.lastWords);
    const wasWorking = [...this.#running.values()].includes(child);
    // It never did anything: whatever ended it will likely end the next one too.
    if (!wasWorking && child.answered === 0) this.#starts.failed();
    if (this.#isHopeless()) for (const job of this.#line.clear()) job.reject(cannotStart(death.lastWords));
    this.#startMissing();
  }

  #isHopeless(): boolean {
    return this.#starts.isHopeless && ![...this.#children].some((child) => child.isIdle || child.isBusy);
  }
}

function countByParty(renders: readonly Job[]): Record<RenderParty, number> {
  const counts = { pipeline: 0, delivery: 0 };
  for (const { party } of renders) counts[party] += 1;
  return counts;
}

function isWorn({ rss, cpuMs }: RendererChild): boolean {
  return rss > WORN_RSS_BYTES || cpuMs > WORN_CPU_MS;
}

function isAnswerTo(body: TaskBody, answer: TaskAnswer): boolean {
  if (answer.kind === 'failed') return true;
  if (body.kind === 'probe') return answer.kind === 'probed';
  return answer.kind === 'rendered' && isAsPlanned(body.plan, body.outDir, answer.rendered);
}

function nonsense(): Failure {
  return new Failure(
    'renderer_crashed',
    'The process that worked on the image answered something it was not asked for.',
  );
}

function shuttingDown(): Failure {
  return new Failure('shutting_down', 'The service is shutting down. Try again in a moment.');
}

function cannotStart(lastWords = ''): Failure {
  return new Failure(
    'renderers_unavailable',
    'The processes that work on images cannot be started. Run "darkroom doctor" on the server.',
    { cause: new Error(lastWords || 'renderer processes end before they are ready') },
  );
}
