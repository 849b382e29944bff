import type { Catalog } from '../images/catalog.ts';
import type { Clock } from '../images/clock.ts';
import type { Format, StoredImage } from '../images/image.ts';
import type { LiveEvents } from '../notices/live-events.ts';
import { stepOf } from '../pipeline/document.ts';
import type { PipelineStore } from '../pipeline/pipeline-store.ts';
import type { Lane, Queue } from '../pipeline/queue.ts';
import type { Rendering } from './choose.ts';

/** Renderings that a pipeline makes when they are first asked for. */
export interface DeferredRenderings {
  /** Formats that the image's pipeline leaves for later. */
  formatsOf(image: StoredImage): Promise<readonly Format[]>;

  /** Asks for a rendering to be made. Asking again soon changes nothing: one that fails must not be made all day. */
  ask(image: StoredImage, rendering: Rendering, lane: Lane): Promise<void>;

  /** Waits up to `ms` for a rendering that was asked for; the image with it, or undefined. */
  arrival(
    image: StoredImage,
    rendering: Rendering,
    ms: number,
    signal?: AbortSignal,
  ): Promise<StoredImage | undefined>;
}

export interface DeferredDeps {
  readonly catalog: Pick<Catalog, 'readForDelivery'>;
  readonly pipelines: Pick<PipelineStore, 'get'>;
  readonly queue: Pick<Queue, 'send'>;
  readonly live: Pick<LiveEvents, 'bell'>;
  readonly clock: Clock;
}

const ASK_AGAIN_AFTER_MS = 10 * 60_000;
const MOST_REMEMBERED = 10_000;

export function createDeferredRenderings(deps: DeferredDeps): DeferredRenderings {
  const askedAt = new Map<string, number>();
  const formatsByPipeline = new Map<string, readonly Format[]>();

  return {
    async formatsOf({ record: { tenant_id, pipeline } }) {
      const key = `${tenant_id}/${pipeline.name}/${pipeline.version}`;
      const known = formatsByPipeline.get(key);
      if (known) return known;
      const found = await deps.pipelines.get(tenant_id, pipeline.name, pipeline.version);
      const outputs = found ? stepOf(found.document, 'convert').outputs : [];
      const formats = outputs.filter(({ when }) => when === 'first_request').map(({ format }) => format);
      if (found) remember(formatsByPipeline, key, formats);
      return formats;
    },

    async ask({ record, generation }, { variant, format }, lane) {
      const dedupeId = `${record.image_id}/${generation}/${variant}/${format}`;
      const now = deps.clock.now();
      const before = askedAt.get(`${lane} ${dedupeId}`);
      if (before !== undefined && now - before < ASK_AGAIN_AFTER_MS) return;
      await deps.queue.send(
        {
          v: 1,
          kind: 'deferred',
          tenant_id: record.tenant_id,
          image_id: record.image_id,
          generation,
          variant,
          format,
        },
        { lane, dedupeId },
      );
      remember(askedAt, `${lane} ${dedupeId}`, now);
    },

    async arrival({ record }, { variant, format }, ms, signal) {
      const { image_id, tenant_id } = record;
      const deadline = performance.now() + ms;
      const bell = deps.live.bell(tenant_id, image_id);
      try {
        for (;;) {
          const image = await deps.catalog.readForDelivery(image_id);
          const made = image?.record.variants.some((it) => it.name === variant && it.format === format);
          if (made || !image) return image;
          if (!(await bell.rung(deadline - performance.now(), signal))) return undefined;
        }
      } finally {
        bell.takeDown();
      }
    },
  };
}

/** Forgets the oldest where there is too much. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST_REMEMBERED && oldest !== undefined) map.delete(oldest);
}
