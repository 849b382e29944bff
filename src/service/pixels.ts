import { createDeriver } from '../delivery/derive.ts';
import { planDelivery } from '../delivery/plan/plan-delivery.ts';
import { startRendererPool } from '../pipeline/renderer-pool.ts';
import { startWorker } from '../pipeline/worker.ts';
import type { Rooms } from './rooms.ts';

/** What is in hand besides the renders: the next picture is probed, the last one stored. */
const IN_HAND_BESIDES = 4;

/** The renderer processes, and what keeps them busy in this role: pictures on request, work from the queue, or both. */
export function startPixels(rooms: Rooms, { runsPipelines }: { readonly runsPipelines: boolean }) {
  const { settings, log, clock, platform, publicUrl, wake, metrics, allowance } = rooms;
  const renderers = startRendererPool({
    processes: settings.renderers,
    deadlineMs: settings.renderDeadlineMs,
    memoryBytes: settings.renderMemoryBytes,
    maxRssBytes: settings.rendererMaxRssBytes,
    onRestart: (cause, lastWords) =>
      log[cause === 'recycled' ? 'debug' : 'warn']({ cause, lastWords }, 'a renderer was replaced'),
  });
  const worker = runsPipelines
    ? startWorker({
        ...{ platform, renderers, clock, log, publicUrl, wake, metrics },
        concurrency: settings.renderers + IN_HAND_BESIDES,
        leaseMs: settings.leaseMs,
      })
    : undefined;
  const deriver = createDeriver({
    ...{ allowance, renderers, log, clock },
    objects: platform.objects,
    cache: platform.derivatives,
    plan: planDelivery,
    processes: settings.renderers,
    memoryBytes: settings.renderMemoryBytes,
  });
  metrics.watch({ renderers, deriver });

  return {
    deriver,
    faults: () => worker?.faults() ?? [],
    /** Takes no more work, finishes what is in hand or gives it back after so many milliseconds. */
    drain: async (graceMs: number) => worker?.stop(graceMs),
    async close() {
      await deriver.stop();
      await renderers.close();
    },
  };
}
