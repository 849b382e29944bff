import type { Logger } from 'pino';
import { Failure, isFailure } from '../failures.ts';
import type { StoredImage } from '../images/image.ts';
import type { ObjectStore } from '../images/object-store.ts';
import type { Renderers } from '../pipeline/renderers.ts';
import { estimateBytes } from '../pixels/cost.ts';
import type { Probe } from '../pixels/picture.ts';
import { type AnswerFile, answerFile } from './answer-file.ts';
import { type Derivative, holdInMemory } from './derivative.ts';
import type { DerivativeCache, Making } from './derivative-cache.ts';
import { type DerivativeOrder, originalOf } from './derivative-key.ts';
import { KnownProbes } from './known-probes.ts';
import type { DeliveryPlan, DeliveryPlanRequest } from './plan/plan-delivery.ts';
import type { Place } from './render-admission.ts';
import { WorkFolders } from './work-folders.ts';

/** Turns a request into a plan with exactly one output, or with one reading where words are asked for. Pure. */
export type PlanDelivery = (given: DeliveryPlanRequest) => DeliveryPlan;

export interface MakeDeps {
  readonly objects: Pick<ObjectStore, 'withLocalFile' | 'scratch' | 'head'>;
  readonly renderers: Pick<Renderers, 'probe' | 'render'>;
  readonly cache: DerivativeCache;
  readonly log: Pick<Logger, 'warn' | 'debug'>;
  readonly plan: PlanDelivery;
}

export interface MakeOptions {
  /** identity of the order */
  readonly key: string;
  /** where the work stands in line; it is given back as soon as the renderer is free */
  readonly place: Place;
  /** nobody waits for the picture any more */
  readonly signal: AbortSignal;
}

/**
 * Milliseconds that a render may go on after everybody has left. To stop one is to kill its process, and starting
 * another costs as much as most renders do: readers who scroll past their pictures must not keep killing renderers.
 */
const LINGER_MS = 500;
/** As many as there may be renders at once on all but the largest machines. */
const MOST_IDLE_FOLDERS = 16;

/** Makes one picture from the original: files, header, plan, turn, pixels, keep. */
export class DerivativeMaker {
  readonly #deps: MakeDeps;
  readonly #probes: KnownProbes;
  readonly #folders: WorkFolders;
  #made = 0;

  constructor(deps: MakeDeps) {
    this.#deps = deps;
    this.#probes = new KnownProbes(deps.objects, deps.renderers);
    this.#folders = new WorkFolders(deps.objects, MOST_IDLE_FOLDERS);
  }

  /** pictures since the start */
  get made(): number {
    return this.#made;
  }

  /**
   * @throws Failure `image_not_found` where the image was erased meanwhile, whatever planning and rendering throw, the
   *   signal's reason
   */
  async make(order: DerivativeOrder, options: MakeOptions): Promise<Derivative> {
    const { tenant_id: tenantId, image_id: imageId } = order.image.record;
    const making = this.#deps.cache.begin({ tenantId, imageId });
    try {
      return await this.#withFiles(order, options.signal, (files) =>
        this.#render(order, { ...files, ...options, making }),
      );
    } catch (error) {
      if (!options.signal.aborted) await this.#assertThere(order.image);
      throw error;
    } finally {
      making.end();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.#probes.stop(), this.#folders.close()]);
  }

  /** The original, and all that is put on the picture, as local files. */
  #withFiles<T>(
    { image, marks = {} }: DerivativeOrder,
    signal: AbortSignal,
    use: (files: LocalFiles) => Promise<T>,
  ): Promise<T> {
    const withMarks = (
      [next, ...others]: readonly (readonly [string, StoredImage])[],
      files: LocalFiles,
    ): Promise<T> => {
      if (!next) return use(files);
      const [name, mark] = next;
      return this.#withOriginal(mark, signal, (path) =>
        withMarks(others, { ...files, markPaths: { ...files.markPaths, [name]: path } }),
      );
    };
    return this.#withOriginal(image, signal, (sourcePath) =>
      withMarks(Object.entries(marks), { sourcePath, markPaths: {} }),
    );
  }

  #withOriginal<T>(image: StoredImage, signal: AbortSignal, use: (path: string) => Promise<T>): Promise<T> {
    return this.#deps.objects.withLocalFile(originalOf(image).key, use, { signal });
  }

  async #render(order: DerivativeOrder, work: Work): Promise<Derivative> {
    const { place, signal } = work;
    const probe = await this.#probes.of(order.image, signal);
    const { plan, notes } = this.#deps.plan(planInput(order, probe, work));
    const estimatedBytes = estimateBytes(probe, plan);
    await place.turn(estimatedBytes, signal);
    return this.#folders.withOne(async (outDir) => {
      signal.throwIfAborted();
      const rendered = await this.#deps.renderers.render(plan, {
        outDir,
        estimatedBytes,
        party: 'delivery',
        signal: delayed(signal, LINGER_MS),
      });
      place.leave();
      this.#made += 1;
      const file = await answerFile(order.request, rendered, outDir);
      return this.#keep(order.image, work, withNotes(file, notes));
    });
  }

  async #keep(image: StoredImage, { making, key }: Work, file: AnswerFile): Promise<Kept> {
    const { tenant_id: tenantId, image_id: imageId } = image.record;
    let leftEmpty = true;
    const kept = await making.keep(key, file).catch((err: unknown) => {
      this.#deps.log.warn({ err, image_id: imageId }, 'a picture could not be kept; it is sent all the same');
      leftEmpty = false;
      return holdInMemory(file.path, file.facts);
    });
    if (!kept) throw gone();
    try {
      // Another process may have erased the image while this one rendered it.
      await this.#assertThere(image);
    } catch (error) {
      if (isFailure(error, 'image_not_found')) await this.#deps.cache.purgeImage({ tenantId, imageId });
      throw error;
    }
    return { result: kept, leftEmpty };
  }

  /** @throws Failure `image_not_found` where the original is no longer stored */
  async #assertThere(image: StoredImage): Promise<void> {
    if (!(await this.#deps.objects.head(originalOf(image).key))) throw gone();
  }
}

interface Kept {
  readonly result: Derivative;
  /** the file was moved away */
  readonly leftEmpty: boolean;
}

interface LocalFiles {
  readonly sourcePath: string;
  readonly markPaths: Readonly<Record<string, string>>;
}

interface Work extends LocalFiles, MakeOptions {
  readonly making: Making;
}

function planInput(
  { request, steps }: DerivativeOrder,
  probe: Probe,
  { sourcePath, markPaths }: LocalFiles,
): DeliveryPlanRequest {
  const markPath = request.mark && markPaths[request.mark.image];
  return {
    ...{ request, probe, sourcePath, markPaths },
    ...(markPath !== undefined && { markPath }),
    ...(steps && { steps }),
  };
}

function withNotes({ path, facts }: AnswerFile, notes: readonly string[]): AnswerFile {
  return notes.length > 0 ? { path, facts: { ...facts, note: notes.join('; ') } } : { path, facts };
}

function gone(): Failure {
  return new Failure('image_not_found', 'There is no such image. It may have expired.');
}

/** Aborts so many milliseconds after the other signal. */
function delayed(signal: AbortSignal, ms: number): AbortSignal {
  const controller = new AbortController();
  const abort = () => setTimeout(() => controller.abort(signal.reason), ms).unref();
  signal.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
