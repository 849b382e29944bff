import { z } from 'zod';

export const PipelineVersion = z.looseObject({
  name: z.string(),
  version: z.number(),
  created_at: z.string(),
  document: z.looseObject({ description: z.string().optional() }),
});
export const PipelineList = z.object({ pipelines: z.array(PipelineVersion) });
export const StateMachine = z.record(z.string(), z.unknown());

export function pipelinePath(name: string): string {
  return `/v1/pipelines/${encodeURIComponent(name)}`;
}

/** What a document calls itself. Everything else about it is the server's to judge. */
export function nameOf(document: unknown): string | undefined {
  return z.looseObject({ name: z.string().min(1) }).safeParse(document).data?.name;
}
