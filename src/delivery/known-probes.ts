import { stat } from 'node:fs/promises';
import { Failure } from '../failures.ts';
import type { Original, StoredImage } from '../images/image.ts';
import type { ObjectStore } from '../images/object-store.ts';
import type { Renderers } from '../pipeline/renderers.ts';
import { PICTURE_FORMATS, type Probe, type ProbeLimits } from '../pixels/picture.ts';
import { originalOf } from './derivative-key.ts';
import { SingleFlight } from './single-flight.ts';

/** The most that any pipeline may accept: what one has accepted is not refused here. */
const limits: ProbeLimits = {
  formats: PICTURE_FORMATS,
  megapixels: 100,
  megapixelsByFormat: { avif: 30 },
};

const MOST_KNOWN = 2000;
const DEADLINE_MS = 15_000;

/** Header facts of originals, read once and remembered for those that were asked for lately. */
export class KnownProbes {
  readonly #objects: Pick<ObjectStore, 'withLocalFile'>;
  readonly #renderers: Pick<Renderers, 'probe'>;
  readonly #known = new Map<string, Probe>();
  readonly #flights = new SingleFlight<Probe>({ deadlineMs: DEADLINE_MS });

  constructor(objects: Pick<ObjectStore, 'withLocalFile'>, renderers: Pick<Renderers, 'probe'>) {
    this.#objects = objects;
    this.#renderers = renderers;
  }

  /** @throws Failure `object_not_found`, `object_damaged`, or what the picture itself is guilty of */
  async of(image: StoredImage, signal: AbortSignal): Promise<Probe> {
    const original = originalOf(image);
    // Not by content alone: that two tenants have the same picture is nobody's business.
    const key = `${original.key} ${original.sha256}`;
    const probe =
      this.#known.get(key) ??
      (await this.#flights.run(key, (whileWanted) => this.#read(original, whileWanted), signal));
    this.#remember(key, probe);
    return probe;
  }

  stop(): Promise<void> {
    return this.#flights.stop();
  }

  #read(original: Original, signal: AbortSignal): Promise<Probe> {
    const probe = async (path: string) => {
      await assertSize(path, original);
      return this.#renderers.probe(path, limits, { signal });
    };
    return this.#objects.withLocalFile(original.key, probe, { signal });
  }

  #remember(key: string, probe: Probe): void {
    this.#known.delete(key);
    this.#known.set(key, probe);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}

async function assertSize(path: string, { size, key }: Original): Promise<void> {
  const found = (await stat(path)).size;
  if (found === size) return;
  throw new Failure('object_damaged', `The stored original ${key} has ${found} bytes instead of ${size}.`);
}
