import { Gauge, type Registry } from 'prom-client';
import type { Deriver } from '../delivery/derive.ts';
import type { CatalogUpkeep } from '../images/catalog.ts';
import { LANES, type LaneDepth, type Queue } from '../pipeline/queue.ts';
import type { RendererStats, Renderers } from '../pipeline/renderers.ts';

/** What is looked at whenever somebody asks for the figures, instead of being counted along the way. */
export interface MetricSources {
  readonly queue?: Pick<Queue, 'depth'>;
  readonly renderers?: Pick<Renderers, 'stats'>;
  readonly upkeep?: Pick<CatalogUpkeep, 'counts'>;
  /** how many clients wait for events */
  readonly listeners?: () => number;
  readonly deriver?: Pick<Deriver, 'stats'>;
}

/** Name, help and registry of a metric. */
export type Named = (name: string, help: string) => { name: string; help: string; registers: Registry[] };

type Sample = readonly [labels: Record<string, string>, value: number];

export function watchSources(sources: MetricSources, named: Named): void {
  const { queue, renderers, upkeep, listeners, deriver } = sources;
  if (queue) watchQueue(queue, named);
  if (renderers) watchRenderers(() => renderers.stats(), named);
  if (upkeep) {
    sampled(named('images', 'Images by status'), ['status'], async () =>
      Object.entries(await upkeep.counts()).map(([status, count]) => [{ status }, count]),
    );
  }
  if (listeners) {
    sampled(named('event_listeners', 'Those who wait for events'), [], () => [[{}, listeners()]]);
  }
  if (deriver) {
    sampled(named('derivatives_rendered', 'Pictures made on request since the start'), [], () => [
      [{}, deriver.stats().rendered],
    ]);
  }
}

function watchQueue(queue: Pick<Queue, 'depth'>, named: Named): void {
  const byLane = async (samplesOf: (depth: LaneDepth, lane: string) => Sample[]) => {
    const depth = await queue.depth();
    return LANES.flatMap((lane) => samplesOf(depth[lane], lane));
  };
  sampled(named('queue_messages', 'Messages in the queue'), ['lane', 'state'], () =>
    byLane(({ waiting, delayed, inFlight }, lane) => [
      [{ lane, state: 'waiting' }, waiting],
      [{ lane, state: 'delayed' }, delayed],
      [{ lane, state: 'in_flight' }, inFlight],
    ]),
  );
  sampled(named('queue_oldest_seconds', 'Age of the oldest message that is not completed'), ['lane'], () =>
    byLane(({ oldestMs }, lane) => [[{ lane }, oldestMs / 1000]]),
  );
}

function watchRenderers(stats: () => RendererStats, named: Named): void {
  sampled(named('renderers_busy', 'Renderer processes at work'), [], () => [
    [{}, stats().processes.filter(({ busy }) => busy).length],
  ]);
  sampled(named('renderer_tasks_waiting', 'Tasks that wait for a renderer'), [], () => [
    [{}, stats().waiting],
  ]);
  sampled(named('renderer_restarts', 'Renderers that were replaced since the start'), [], () => [
    [{}, stats().restarts],
  ]);
  sampled(named('renderer_resident_bytes', 'Resident memory of each renderer process'), ['renderer'], () =>
    stats().processes.map(({ rss }, index) => [{ renderer: String(index) }, rss]),
  );
}

/** A gauge that reads its values when it is asked. Where that fails, it has none: the others are worth having. */
function sampled(
  about: ReturnType<Named>,
  labelNames: readonly string[],
  read: () => Promise<Sample[]> | Sample[],
): void {
  new Gauge({
    ...about,
    labelNames,
    async collect() {
      const samples = await Promise.resolve()
        .then(read)
        .catch(() => []);
      this.reset();
      for (const [labels, value] of samples) this.set(labels, value);
      // Without labels, a reset leaves a zero that nobody has counted.
      if (labelNames.length === 0 && samples.length === 0) this.remove();
    },
  });
}
