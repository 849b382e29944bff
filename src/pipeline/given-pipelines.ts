import { defaultPipeline } from './default-pipeline.ts';
import type { PipelineStore } from './pipeline-store.ts';

/**
 * Every tenant has the default pipeline, also one that has only just come: it is written down when somebody first
 * looks for it. From then on it is the tenant's own, to be changed.
 */
export function withDefaultPipeline(store: PipelineStore): PipelineStore {
  const { name } = defaultPipeline;
  return {
    put: (tenantId, document) => store.put(tenantId, document),

    async get(tenantId, asked, version) {
      const found = await store.get(tenantId, asked, version);
      const isMissing = found === undefined && asked === name && (version ?? 1) === 1;
      return isMissing ? await store.put(tenantId, defaultPipeline) : found;
    },

    async list(tenantId) {
      const all = await store.list(tenantId);
      if (all.some((pipeline) => pipeline.name === name)) return all;
      await store.put(tenantId, defaultPipeline);
      return await store.list(tenantId);
    },
  };
}
