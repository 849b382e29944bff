import { Counter, Histogram } from 'prom-client';
import type { WorkerMetrics } from '../pipeline/worker-ports.ts';
import type { Named } from './metric-sources.ts';

/** seconds: from a header probe to the slowest encoder */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts what the worker does. */
export function createWorkMetrics(named: Named, tenantLabel: (tenantId: string) => string): WorkerMetrics {
  const stepSeconds = new Histogram({
    ...named('step_duration_seconds', 'Time that one logical step of a pipeline took'),
    labelNames: ['step', 'status'] as const,
    buckets: BUCKETS,
  });
  const workSeconds = new Histogram({
    ...named('work_duration_seconds', 'Time from the receipt of a message to its end'),
    labelNames: ['kind', 'lane', 'outcome'] as const,
    buckets: BUCKETS,
  });
  const processingSeconds = new Histogram({
    ...named('processing_seconds', 'Time from the queueing of an image to its publication'),
    labelNames: ['kind', 'lane'] as const,
    buckets: BUCKETS,
  });
  const outcomes = new Counter({
    ...named(
      'work_outcomes_total',
      'Ends of pieces of work, with the code of the failure where there was one',
    ),
    labelNames: ['kind', 'outcome', 'code'] as const,
  });
  const tenantWork = new Counter({
    ...named('tenant_work_total', 'Ends of pieces of work, by tenant'),
    labelNames: ['tenant', 'outcome'] as const,
  });
  const storedBytes = new Counter(
    named('variants_stored_bytes_total', 'Bytes of variants that were published'),
  );

  return {
    stepEnded: ({ name, status, duration_ms }) =>
      stepSeconds.observe({ step: withoutNumber(name), status }, duration_ms / 1000),
    workEnded({ tenantId, kind, lane, outcome, code, tookMs, sinceSentMs }) {
      outcomes.inc({ kind, outcome, code: code ?? '' });
      tenantWork.inc({ tenant: tenantLabel(tenantId), outcome });
      workSeconds.observe({ kind, lane, outcome }, tookMs / 1000);
      if (outcome === 'published') processingSeconds.observe({ kind, lane }, sinceSentMs / 1000);
    },
    bytesStored: (count) => storedBytes.inc(count),
  };
}

/** `filter_2` is a filter like the first: series must not multiply with the length of a document. */
function withoutNumber(step: string): string {
  return step.replace(/_\d+$/, '');
}
