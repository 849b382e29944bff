import type { Clock } from '../images/clock.ts';
import type { Allowance } from '../limits/allowance.ts';
import { BackgroundWork } from './background-work.ts';
import type { Derivative } from './derivative.ts';
import { type DerivativeOrder, derivativeKey } from './derivative-key.ts';
import { DerivativeMaker, type MakeDeps } from './make-derivative.ts';
import { RecentFailures } from './recent-failures.ts';
import { type AdmissionStats, RenderAdmission, type RenderLane, Urgency } from './render-admission.ts';
import { SingleFlight } from './single-flight.ts';

export interface DeriverDeps extends MakeDeps {
  readonly clock: Clock;
  /** renders that the renderers carry out at once */
  readonly processes: number;
  /** bytes that renders under way may be estimated to take together */
  readonly memoryBytes: number;
  /** milliseconds from the beginning of the work for a picture to having it, waiting included */
  readonly deadlineMs?: number;
  /** pictures that may wait to be made */
  readonly mostWaiting?: number;
  /** quotas of the tenants; none where absent */
  readonly allowance?: Pick<Allowance, 'takeRender'>;
}

/** Makes pictures as requests ask for them: each once, however many ask. */
export interface Deriver {
  /** The picture where it was made before. */
  find(order: DerivativeOrder): Promise<Derivative | undefined>;

  /**
   * The picture, made now where it is not kept.
   *
   * @param signal the one who asks has gone; the work goes on while others wait for it
   * @throws Failure `overloaded` and `quota_exceeded` with `retryAfterSeconds`, `image_not_found` where it was erased
   *   meanwhile, whatever planning and rendering throw; the signal's reason
   */
  derive(order: DerivativeOrder, signal?: AbortSignal): Promise<Derivative>;

  /** Has the picture made when the renderers have nothing better to do. Never throws; what is too much is dropped. */
  deriveLater(order: DerivativeOrder): void;

  stats(): DeriverStats;

  /** Aborts what is under way; nothing of it is left when this answers, within a second. */
  stop(): Promise<void>;
}

export interface DeriverStats extends AdmissionStats {
  /** pictures made since the start */
  readonly rendered: number;
  /** pictures that are to be made later */
  readonly later: number;
}

const DEADLINE_MS = 60_000;
/** A newcomer who would wait longer than this is sent away, milliseconds. */
const LONGEST_WAIT_MS = 15_000;
const MOST_LATER = 256;

export function createDeriver(deps: DeriverDeps): Deriver {
  return new RenderingDeriver(deps);
}

/** A picture that somebody wants. */
interface Wanted {
  readonly key: string;
  readonly order: DerivativeOrder;
  readonly lane: RenderLane;
}

class RenderingDeriver implements Deriver {
  readonly #deps: DeriverDeps;
  readonly #maker: DerivativeMaker;
  readonly #flights: SingleFlight<Derivative>;
  readonly #urgencies = new Map<string, Urgency>();
  readonly #admission: RenderAdmission;
  readonly #failures: RecentFailures;
  readonly #background: BackgroundWork;

  constructor(deps: DeriverDeps) {
    const { processes, memoryBytes, deadlineMs = DEADLINE_MS } = deps;
    const backgroundRenders = Math.max(1, Math.floor(processes / 2));
    this.#deps = deps;
    this.#maker = new DerivativeMaker(deps);
    this.#flights = new SingleFlight({ deadlineMs });
    this.#admission = new RenderAdmission({
      // One more than can be worked on, so that no renderer waits for the next.
      renders: processes + 1,
      backgroundRenders,
      memoryBytes,
      mostWaiting: deps.mostWaiting ?? mostWaitingFor(processes),
      longestWaitMs: LONGEST_WAIT_MS,
    });
    this.#failures = new RecentFailures(deps.clock);
    this.#background = new BackgroundWork({ atOnce: backgroundRenders, mostWaiting: MOST_LATER });
  }

  async find(order: DerivativeOrder): Promise<Derivative | undefined> {
    return this.#find(derivativeKey(order), order);
  }

  async derive(order: DerivativeOrder, signal?: AbortSignal): Promise<Derivative> {
    const key = derivativeKey(order);
    return (await this.#find(key, order)) ?? (await this.#make({ key, order, lane: 'interactive' }, signal));
  }

  deriveLater(order: DerivativeOrder): void {
    const about = { image_id: order.image.record.image_id };
    try {
      const key = derivativeKey(order);
      const isTaken = this.#background.add(key, () => this.#makeLater({ key, order, lane: 'background' }));
      if (!isTaken) this.#deps.log.debug(about, 'too many pictures are to be made later');
    } catch (err) {
      this.#deps.log.warn({ err, ...about }, 'a picture cannot be made later');
    }
  }

  stats(): DeriverStats {
    return { ...this.#admission.stats(), rendered: this.#maker.made, later: this.#background.waiting };
  }

  async stop(): Promise<void> {
    await Promise.all([this.#maker.stop(), this.#flights.stop(), this.#background.stop()]);
  }

  /** A cache that cannot be read is as good as an empty one. */
  async #find(key: string, { image }: DerivativeOrder): Promise<Derivative | undefined> {
    const { tenant_id: tenantId, image_id: imageId } = image.record;
    try {
      return await this.#deps.cache.get(key, { tenantId, imageId });
    } catch (err) {
      this.#deps.log.warn({ err, key }, 'a kept picture could not be read');
      return undefined;
    }
  }

  async #makeLater(wanted: Wanted): Promise<void> {
    try {
      if (!(await this.#find(wanted.key, wanted.order))) await this.#make(wanted);
    } catch (err) {
      const { image_id } = wanted.order.image.record;
      this.#deps.log.debug({ err, image_id }, 'a picture was not made for later');
    }
  }

  async #make(wanted: Wanted, signal?: AbortSignal): Promise<Derivative> {
    const { key, lane } = wanted;
    this.#failures.assertNone(key);
    if (lane === 'interactive' && this.#flights.has(key)) this.#urgencies.get(key)?.raise();
    return this.#flights.run(key, (whileWanted) => this.#begin(wanted, whileWanted), signal);
  }

  async #begin({ key, order, lane }: Wanted, signal: AbortSignal): Promise<Derivative> {
    const urgency = new Urgency(lane);
    this.#urgencies.set(key, urgency);
    try {
      // Between the look of whoever asks and this one, the work of another may have come to its end.
      return (await this.#find(key, order)) ?? (await this.#carryOut({ key, order, urgency }, signal));
    } catch (error) {
      if (!signal.aborted) this.#failures.note(key, error);
      throw error;
    } finally {
      if (this.#urgencies.get(key) === urgency) this.#urgencies.delete(key);
    }
  }

  async #carryOut(
    { key, order, urgency }: { key: string; order: DerivativeOrder; urgency: Urgency },
    signal: AbortSignal,
  ): Promise<Derivative> {
    await this.#deps.allowance?.takeRender(order.image.record.tenant_id);
    const place = this.#admission.enter(urgency);
    try {
      return await this.#maker.make(order, { key, place, signal });
    } finally {
      place.leave();
    }
  }
}

/** So many that the last of them, at 100 ms each, would still be in time; and fewer than a pool lets wait. */
function mostWaitingFor(processes: number): number {
  return Math.min(128, 32 * processes);
}
