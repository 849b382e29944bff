import type { Probe, ProbeLimits } from '../pixels/picture.ts';
import type { Rendered, RenderPlan } from '../pixels/render-plan.ts';
import { areThere, isAsPlanned } from './rendered-files.ts';
import type { Death, DeathCause, RendererChild } from './renderer-child.ts';
import { RendererCrew } from './renderer-crew.ts';
import { type Circumstances, failureOf, isByHand, unlessOutOfMemory } from './renderer-deaths.ts';
import { heardFailure, type TaskAnswer, type TaskBody } from './renderer-protocol.ts';
import { cannotStart, nonsense, shuttingDown } from './renderer-refusals.ts';
import type { RendererStats, Renderers, RenderOptions, RenderParty } from './renderers.ts';
import { residentBytes } from './resident-memory.ts';
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

/** Starts the renderer processes; tasks may come at once. See {@link Renderers} for what they throw. */
export function startRendererPool(options: PoolOptions): Renderers {
  return new RendererPool(options);
}

/**
 * A task whose process was killed from outside is not to blame, but the system may have killed it for its memory.
 * Twice, because whoever kills may kill all idle processes at once, and a task may be handed to one that is dead already.
 */
const MOST_SPARED = 2;

interface Job {
  readonly kind: TaskBody['kind'];
  readonly party: RenderParty;
  readonly body: TaskBody;
  readonly estimatedBytes: number;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly resolve: (answer: TaskAnswer) => void;
  readonly reject: (error: unknown) => void;
  /** how often its process was killed from outside and it was given to another one */
  spared: number;
}

class RendererPool implements Renderers {
  readonly #options: PoolOptions;
  readonly #crew: RendererCrew;
  readonly #running = new Map<Job, RendererChild>();
  readonly #line: WaitingLine<Job>;
  #lastId = 0;
  /** of the process that went last */
  #lastWords = '';

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#line = new WaitingLine(options.maxWaiting ?? MAX_WAITING);
    this.#crew = new RendererCrew({
      size: options.processes + 1,
      maxRssBytes: options.maxRssBytes,
      entry: options.entry,
      onReady: () => this.#dispatch(),
      onReplaced: (cause, lastWords) => this.#replaced(cause, lastWords),
    });
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
      processes: this.#crew.members.map((child) => ({
        pid: child.pid,
        busy: child.isBusy,
        rss: residentBytes(child.pid) ?? child.rss,
      })),
      waiting: this.#line.length,
      restarts: this.#crew.restarts,
    };
  }

  close(): Promise<void> {
    const closing = this.#crew.close();
    for (const job of this.#line.clear()) job.reject(shuttingDown());
    return closing;
  }

  async #submit(
    body: TaskBody,
    terms: Pick<Job, 'party' | 'estimatedBytes' | 'deadlineMs' | 'signal'>,
  ): Promise<TaskAnswer> {
    const { signal } = terms;
    signal?.throwIfAborted();
    if (this.#crew.isClosed) throw shuttingDown();
    if (this.#crew.isHopeless) throw cannotStart(this.#lastWords);
    const { promise, resolve, reject } = Promise.withResolvers<TaskAnswer>();
    const job: Job = { kind: body.kind, body, ...terms, resolve, reject, spared: 0 };
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
    let idle = this.#crew.members.filter((child) => child.isIdle);
    while (idle.length > 0) {
      const job = this.#line.take(this.#room());
      if (!job) return;
      const child = idle.find((candidate) => this.#crew.hasRoom(candidate, job.estimatedBytes));
      if (!child) {
        this.#line.putBack(job);
        this.#crew.makeRoom();
        return;
      }
      idle = idle.filter((other) => other !== child);
      void this.#run(job, child);
    }
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
    const isNonsense = !isAnswerTo(job.body, answer);
    if (isNonsense) child.kill('nonsense');
    else this.#crew.hasAnswered(child);
    if (isNonsense) job.reject(nonsense());
    else if (answer.kind === 'failed') {
      job.reject(unlessOutOfMemory(heardFailure(answer.failure), this.#circumstances(job, child)));
    } else job.resolve(answer);
  }

  #died(job: Job, child: RendererChild, death: Death): void {
    if (isByHand(death) && job.spared < MOST_SPARED && !this.#crew.isClosed && !job.signal?.aborted) {
      job.spared += 1;
      this.#line.putBack(job);
      return;
    }
    job.reject(failureOf(death, this.#circumstances(job, child)));
  }

  #circumstances({ deadlineMs, estimatedBytes, signal }: Job, { rss }: RendererChild): Circumstances {
    return { deadlineMs, estimatedBytes, signal, rss, maxRssBytes: this.#options.maxRssBytes };
  }

  #replaced(cause: DeathCause, lastWords: string): void {
    this.#lastWords = lastWords;
    this.#options.onRestart?.(cause, lastWords);
    if (this.#crew.isHopeless) for (const job of this.#line.clear()) job.reject(cannotStart(lastWords));
  }
}

function countByParty(renders: readonly Job[]): Record<RenderParty, number> {
  const counts = { pipeline: 0, delivery: 0 };
  for (const { party } of renders) counts[party] += 1;
  return counts;
}

function isAnswerTo(body: TaskBody, answer: TaskAnswer): boolean {
  if (answer.kind === 'failed') return true;
  if (body.kind === 'probe') return answer.kind === 'probed';
  return answer.kind === 'rendered' && isAsPlanned(body.plan, body.outDir, answer.rendered);
}
