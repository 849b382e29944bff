import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { WorkerMetrics } from '../pipeline/worker-ports.ts';
import { type MetricSources, type Named, watchSources } from './metric-sources.ts';
import { createRequestMetrics, type RequestMetrics } from './request-metrics.ts';
import { createTenantLabels } from './tenant-labels.ts';
import { createWorkMetrics } from './work-metrics.ts';

/** Everything that is counted, in a registry of its own, in Prometheus' text format. */
export interface Metrics extends WorkerMetrics, RequestMetrics {
  /** Looks at these whenever somebody asks for the figures. */
  watch(sources: MetricSources): void;
  /** The figures, and the media type they are written in. */
  scrape(): Promise<{ text: string; contentType: string }>;
}

const PREFIX = 'darkroom_';

/** @param build its version, where there is one */
export function createMetrics({ version = 'unknown' }: { readonly version?: string } = {}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const named: Named = (name, help) => ({ name: PREFIX + name, help, registers });
  // One for both: it decides which tenants have a series of their own.
  const tenantLabel = createTenantLabels();
  const build = new Gauge({ ...named('build_info', 'Always 1'), labelNames: ['version', 'node'] as const });
  build.set({ version, node: process.versions.node }, 1);

  return {
    ...createRequestMetrics(named, tenantLabel),
    ...createWorkMetrics(named, tenantLabel),
    watch: (sources) => watchSources(sources, named),
    scrape: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
  };
}
