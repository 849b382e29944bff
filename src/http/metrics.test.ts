import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

const lane = { waiting: 3, delayed: 1, inFlight: 2, oldestMs: 1500 };

describe('metrics', () => {
  it('tell what was counted and what is there now', async () => {
    const metrics = createMetrics({ version: '1.2.3' });
    let restarts = 0;
    metrics.watch({
      queue: { depth: async () => ({ interactive: lane, background: { ...lane, waiting: 0 } }) },
      renderers: {
        stats: () => ({
          processes: [
            { pid: 1, busy: true, rss: 1000 },
            { pid: 2, busy: false, rss: 500 },
          ],
          waiting: 4,
          restarts,
        }),
      },
      upkeep: { counts: async () => ({ ready: 7 }) },
      listeners: () => 2,
    });
    metrics.requestBegan();
    metrics.requestBegan();
    metrics.requestEnded({
      method: 'GET',
      route: '/v1/images',
      status: 200,
      tenantId: 'ours',
      ms: 12,
      bytesIn: 100,
      bytesOut: 900,
    });
    metrics.stepEnded({ name: 'filter_2', status: 'done', duration_ms: 20 });
    metrics.workEnded({
      tenantId: 'ours',
      kind: 'run',
      lane: 'interactive',
      outcome: 'published',
      tookMs: 300,
      sinceSentMs: 400,
    });
    metrics.workEnded({
      tenantId: 'theirs',
      kind: 'run',
      lane: 'interactive',
      outcome: 'rejected',
      code: 'image_corrupt',
      tookMs: 3,
      sinceSentMs: 4,
    });
    metrics.bytesStored(4096);
    restarts = 1;

    const { text, contentType } = await metrics.scrape();
    expect(contentType).toContain('text/plain; version=0.0.4');
    for (const line of [
      'darkroom_queue_messages{lane="interactive",state="waiting"} 3',
      'darkroom_queue_messages{lane="background",state="waiting"} 0',
      'darkroom_queue_oldest_seconds{lane="interactive"} 1.5',
      'darkroom_renderers_busy 1',
      'darkroom_renderer_tasks_waiting 4',
      'darkroom_renderer_restarts 1',
      'darkroom_renderer_resident_bytes{renderer="1"} 500',
      'darkroom_images{status="ready"} 7',
      'darkroom_event_listeners 2',
      'darkroom_http_requests_in_flight 1',
      'darkroom_http_requests_total{method="GET",route="/v1/images",status="200"} 1',
      'darkroom_http_bytes_total{direction="out"} 900',
      'darkroom_step_duration_seconds_count{step="filter",status="done"} 1',
      'darkroom_processing_seconds_count{kind="run",lane="interactive"} 1',
      'darkroom_work_outcomes_total{kind="run",outcome="rejected",code="image_corrupt"} 1',
      'darkroom_variants_stored_bytes_total 4096',
      'darkroom_tenant_requests_total{tenant="ours",status="2xx"} 1',
      'darkroom_tenant_work_total{tenant="theirs",outcome="rejected"} 1',
      `darkroom_build_info{version="1.2.3",node="${process.versions.node}"} 1`,
      'process_resident_memory_bytes',
    ]) {
      expect(text).toContain(line);
    }
  });

  it('name a hundred tenants, and no more however many come', async () => {
    const metrics = createMetrics();
    const request = { method: 'GET', route: '/', status: 200, ms: 1, bytesIn: 0, bytesOut: 0 };
    for (let number = 0; number < 300; number += 1) {
      metrics.requestEnded({ ...request, tenantId: `t${number % 150}` });
    }
    metrics.requestEnded(request);
    const { text } = await metrics.scrape();
    expect(text.match(/^darkroom_tenant_requests_total/gm)).toHaveLength(101);
    expect(text).toContain('darkroom_tenant_requests_total{tenant="t99",status="2xx"} 2');
    expect(text).toContain('darkroom_tenant_requests_total{tenant="other",status="2xx"} 100');
  });

  it('stay readable where a source does not answer', async () => {
    const metrics = createMetrics();
    metrics.watch({
      queue: {
        depth: async () => {
          throw new Error('the disk is on fire');
        },
      },
    });
    metrics.bytesStored(1);
    const { text } = await metrics.scrape();
    expect(text).toContain('darkroom_variants_stored_bytes_total 1');
    expect(text).not.toContain('darkroom_queue_messages{');
  });
});
