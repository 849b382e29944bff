import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { WorkerMetrics } from '../pipeline/worker-ports.ts';
import { type MetricSources, watchSources } from './metric-sources.ts';
import { createTenantLabels } from './tenant-labels.ts';

/** Everything that is counted, in a registry of its own, in Prometheus' text format. */
export interface Metrics extends WorkerMetrics {
  requestBegan(): void;
  requestEnded(request: RequestEnded): void;
  /** Looks at these whenever somebody asks for the figures. */
  watch(sources: MetricSources): void;
  /** The figures, and the media type they are written in. */
  scrape(): Promise<{ text: string; contentType: string }>;
}

export interface RequestEnded {
  readonly method: string;
  /** the pattern, never the path: ids and names would make a series each */
  readonly route: string;
  readonly status: number;
  /** for whom it spoke; undefined where it had no credentials */
  readonly tenantId?: string;
  readonly ms: number;
  /** over the socket, headers included */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface BuildInfo {
  readonly version: string;
}

const PREFIX = 'darkroom_';
/** seconds: from a header probe to the slowest encoder */
const WORK_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];

export function createMetrics({ version }: Partial<BuildInfo> = {}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const named = (name: string, help: string) => ({ name: PREFIX + name, help, registers });

  const requests = new Counter({
    ...named('http_requests_total', 'Requests that were answered'),
    labelNames: ['method', 'route', 'status'] as const,
  });
  const requestSeconds = new Histogram({
    ...named('http_request_duration_seconds', 'Time from the head of a request to the end of its answer'),
    labelNames: ['route'] as const,
    buckets: REQUEST_BUCKETS,
  });
  const requestsInFlight = new Gauge(named('http_requests_in_flight', 'Requests that are being answered'));
  const bytes = new Counter({
    ...named('http_bytes_total', 'Bytes over the sockets of requests, headers included'),
    labelNames: ['direction'] as const,
  });
  const stepSeconds = new Histogram({
    ...named('step_duration_seconds', 'Time that one logical step of a pipeline took'),
    labelNames: ['step', 'status'] as const,
    buckets: WORK_BUCKETS,
  });
  const workSeconds = new Histogram({
    ...named('work_duration_seconds', 'Time from the receipt of a message to its end'),
    labelNames: ['kind', 'lane', 'outcome'] as const,
    buckets: WORK_BUCKETS,
  });
  const processingSeconds = new Histogram({
    ...named('processing_seconds', 'Time from the queueing of an image to its publication'),
    labelNames: ['kind', 'lane'] as const,
    buckets: WORK_BUCKETS,
  });
  const tenantLabel = createTenantLabels();
  const tenantRequests = new Counter({
    ...named('tenant_requests_total', 'Requests with credentials, by tenant and class of status'),
    labelNames: ['tenant', 'status'] as const,
  });
  const tenantWork = new Counter({
    ...named('tenant_work_total', 'Ends of pieces of work, by tenant'),
    labelNames: ['tenant', 'outcome'] as const,
  });
  const outcomes = new Counter({
    ...named(
      'work_outcomes_total',
      'Ends of pieces of work, with the code of the failure where there was one',
    ),
    labelNames: ['kind', 'outcome', 'code'] as const,
  });
  const storedBytes = new Counter(
    named('variants_stored_bytes_total', 'Bytes of variants that were published'),
  );
  new Gauge({ ...named('build_info', 'Always 1'), labelNames: ['version', 'node'] as const }).set(
    { version: version ?? 'unknown', node: process.versions.node },
    1,
  );

  return {
    requestBegan: () => requestsInFlight.inc(),
    requestEnded({ method, route, status, tenantId, ms, bytesIn, bytesOut }) {
      requestsInFlight.dec();
      requests.inc({ method, route, status });
      if (tenantId !== undefined) {
        tenantRequests.inc({ tenant: tenantLabel(tenantId), status: `${Math.floor(status / 100)}xx` });
      }
      requestSeconds.observe({ route }, ms / 1000);
      bytes.inc({ direction: 'in' }, bytesIn);
      bytes.inc({ direction: 'out' }, bytesOut);
    },
    stepEnded: ({ name, status, duration_ms }) =>
      stepSeconds.observe({ step: withoutNumber(name), status }, duration_ms / 1000),
    workEnded({ tenantId, kind, lane, outcome, code, tookMs, sinceSentMs }) {
      outcomes.inc({ kind, outcome, code: code ?? '' });
      tenantWork.inc({ tenant: tenantLabel(tenantId), outcome });
      workSeconds.observe({ kind, lane, outcome }, tookMs / 1000);
      if (outcome === 'published') processingSeconds.observe({ kind, lane }, sinceSentMs / 1000);
    },
    bytesStored: (count) => storedBytes.inc(count),
    watch: (sources) => watchSources(sources, named),
    scrape: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
  };
}

/** `filter_2` is a filter like the first: series must not multiply with the length of a document. */
function withoutNumber(step: string): string {
  return step.replace(/_\d+$/, '');
}
