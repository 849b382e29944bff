import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { FailureCode } from '../failures.ts';
import { reactions } from '../failures.ts';
import { PROBLEM_TYPE } from './problem.ts';
import { Problem } from './schemas.ts';
import type { AppEnv } from './services.ts';
import { refuseInvalid } from './validation.ts';

export type Router = OpenAPIHono<AppEnv>;

/** A router whose routes refuse what their schemas refuse, as problem documents. */
export function newRouter(): Router {
  return new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });
}

export const ImageIdParams = z.object({
  image_id: z.string().openapi({ format: 'uuid', description: 'as answered when the image was sent' }),
});

/** For routes that take an API key or a token. */
export const secured = [{ bearer: [] }];

/**
 * The documentation of refusals, by the codes that a route answers with. Where credentials are asked for, calls are
 * counted too.
 */
export function refusals(...named: FailureCode[]) {
  const codes: FailureCode[] = named.includes('unauthorized') ? [...named, 'rate_limited'] : named;
  const byStatus = new Map<number, string[]>();
  for (const code of codes) {
    const { status } = reactions[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const responses = [...byStatus].map(([status, of]) => [
    status,
    { description: of.join(', '), content: { [PROBLEM_TYPE]: { schema: Problem } } },
  ]);
  return Object.fromEntries(responses) as Record<never, never>;
}

export function json<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
}

export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { content: { 'application/json': { schema } } };
}

/** Bytes of a body that no schema reads. */
export const binary = { type: 'string', format: 'binary' } as const;
