import { Counter, Gauge, Histogram } from 'prom-client';
import type { Named } from './metric-sources.ts';

export interface RequestMetrics {
  requestBegan(): void;
  requestEnded(request: RequestEnded): void;
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

/** seconds */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Counts what is asked over HTTP. */
export function createRequestMetrics(
  named: Named,
  tenantLabel: (tenantId: string) => string,
): RequestMetrics {
  const inFlight = new Gauge(named('http_requests_in_flight', 'Requests that are being answered'));
  const requests = new Counter({
    ...named('http_requests_total', 'Requests that were answered'),
    labelNames: ['method', 'route', 'status'] as const,
  });
  const seconds = new Histogram({
    ...named('http_request_duration_seconds', 'Time from the head of a request to the end of its answer'),
    labelNames: ['route'] as const,
    buckets: BUCKETS,
  });
  const bytes = new Counter({
    ...named('http_bytes_total', 'Bytes over the sockets of requests, headers included'),
    labelNames: ['direction'] as const,
  });
  const tenantRequests = new Counter({
    ...named('tenant_requests_total', 'Requests with credentials, by tenant and class of status'),
    labelNames: ['tenant', 'status'] as const,
  });

  return {
    requestBegan: () => inFlight.inc(),
    requestEnded({ method, route, status, tenantId, ms, bytesIn, bytesOut }) {
      inFlight.dec();
      requests.inc({ method, route, status });
      if (tenantId !== undefined) {
        tenantRequests.inc({ tenant: tenantLabel(tenantId), status: `${Math.floor(status / 100)}xx` });
      }
      seconds.observe({ route }, ms / 1000);
      bytes.inc({ direction: 'in' }, bytesIn);
      bytes.inc({ direction: 'out' }, bytesOut);
    },
  };
}
