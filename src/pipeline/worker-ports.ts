import type { Logger } from 'pino';
import type { Catalog } from '../images/catalog.ts';
import type { Clock } from '../images/clock.ts';
import type { StepReport } from '../images/image.ts';
import type { ObjectStore } from '../images/object-store.ts';
import type { PipelineStore } from './pipeline-store.ts';
import type { Delivery, Lane, Queue, Work } from './queue.ts';
import type { Renderers } from './renderers.ts';

/** What a worker works with. */
export interface WorkerDeps {
  readonly platform: {
    readonly catalog: Catalog;
    readonly objects: ObjectStore;
    readonly queue: Queue;
    readonly pipelines: PipelineStore;
  };
  readonly renderers: Renderers;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  /** What links in records begin with, without a slash at the end; known only once the listener is up. */
  readonly publicUrl: () => string;
  /** Called after each commit that has an event: there is something to hand on. */
  readonly wake?: () => void;
  readonly metrics?: WorkerMetrics;
}

/** One piece of work under a lease. */
export interface Assignment {
  readonly delivery: Delivery;
  /** aborts the work: the lease is lost, or the worker stops */
  readonly signal: AbortSignal;
  /** @throws where the lease is not ours any more: nothing may be published */
  assertHeld(): Promise<void>;
}

/** What a worker tells whoever counts. Calls are cheap and never throw. */
export interface WorkerMetrics {
  /** a logical step of a run has ended, also one that failed */
  stepEnded(step: Pick<StepReport, 'name' | 'status' | 'duration_ms'>): void;
  workEnded(work: WorkEnded): void;
  /** bytes of variants that were stored and published */
  bytesStored(bytes: number): void;
}

export interface WorkEnded {
  readonly tenantId: string;
  readonly kind: Work['kind'];
  readonly lane: Lane;
  readonly outcome: WorkOutcome;
  /** of the failure, where there was one */
  readonly code?: string;
  /** milliseconds from the receipt of the message to its end */
  readonly tookMs: number;
  /** milliseconds from the sending of the message to its end */
  readonly sinceSentMs: number;
}

export const WORK_OUTCOMES = [
  /** the image is ready, or has one more variant */
  'published',
  'rejected',
  'failed',
  /** comes again after a pause */
  'retried',
  /** was done already, or the image is gone */
  'nothing_to_do',
  /** another worker has it */
  'lease_lost',
  /** given back because the worker stops */
  'returned',
] as const;
export type WorkOutcome = (typeof WORK_OUTCOMES)[number];
