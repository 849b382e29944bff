import type { Probe, ProbeLimits } from '../pixels/picture.ts';
import type { Rendered, RenderPlan } from '../pixels/render-plan.ts';

/**
 * The processes in which hostile bytes are decoded. Each task is bounded in time and memory; a process that
 * crashes, hangs or eats memory is killed and replaced, and takes down only its own task.
 *
 * @throws Failure `renderer_crashed` (died by itself), `render_too_costly` (killed at its deadline or memory limit),
 *   `overloaded` (the waiting line is full), `renderers_unavailable` (none can be started), `shutting_down`,
 *   or what the picture itself is guilty of (`image_corrupt`, ...); whatever aborted the signal
 */
export interface Renderers {
  /** Header facts, in milliseconds. Goes before waiting renders. */
  probe(path: string, limits: ProbeLimits, options?: { signal?: AbortSignal }): Promise<Probe>;

  /** Carries out a plan; the files are written into `outDir`. */
  render(plan: RenderPlan, options: RenderOptions): Promise<Rendered>;

  stats(): RendererStats;

  /** Stops taking tasks, kills what is left. */
  close(): Promise<void>;
}

/** For whom renders are: the pipeline, or readers of pictures. */
export const RENDER_PARTIES = ['pipeline', 'delivery'] as const;
export type RenderParty = (typeof RENDER_PARTIES)[number];

export interface RenderOptions {
  readonly outDir: string;
  /** what the plan may take at its peak, bytes: work is admitted by this, not by count */
  readonly estimatedBytes: number;
  /** milliseconds from the start of the work, by SIGKILL */
  readonly deadlineMs?: number;
  /** `pipeline` where absent; where both wait, they share the processes evenly */
  readonly party?: RenderParty;
  readonly signal?: AbortSignal;
}

export interface RendererStats {
  readonly processes: readonly {
    readonly pid: number;
    readonly busy: boolean /** bytes */;
    readonly rss: number;
  }[];
  readonly waiting: number;
  readonly restarts: number;
}
