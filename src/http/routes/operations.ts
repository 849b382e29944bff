import { createHash, timingSafeEqual } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { Failure } from '../../failures.ts';
import { ROLES } from '../../roles.ts';
import type { Admission } from '../admission.ts';
import { json, newRouter, type Router, refusals } from '../router.ts';
import { Health, Readiness } from '../schemas.ts';
import type { AppEnv, Services } from '../services.ts';

const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Whether the process is alive',
  responses: { 200: json('It is', Health) },
});

const readinessRoute = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'Whether it can take work, and what keeps it from that',
  responses: { 200: json('It can', Readiness), ...refusals('not_ready') },
});

const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  summary: 'Figures for Prometheus',
  description:
    'For this machine only, and not through a proxy; or for whoever sends DARKROOM_METRICS_TOKEN as a bearer token.',
  responses: {
    200: { description: 'Text format', content: { 'text/plain': { schema: z.string() } } },
    ...refusals('unauthorized'),
  },
});

export type OperationServices = Pick<Services, 'faults' | 'roles' | 'metrics' | 'metricsToken'>;

/** @param admission of the API; a process without one has none */
export function operationRoutes(services: OperationServices, admission?: Admission): Router {
  const router = newRouter();

  router.openapi(healthRoute, (c) => c.json({ status: 'ok' as const }, 200));

  router.openapi(readinessRoute, async (c) => {
    const faults = [...(await services.faults()), ...(admission ? await overload(admission) : [])];
    if (c.env?.closing?.aborted) faults.push('the service is shutting down');
    const roles = [...(services.roles ?? ROLES)];
    if (faults.length === 0) return c.json({ status: 'ready' as const, roles }, 200);
    throw new Failure('not_ready', `Not ready: ${faults.join('; ')}.`, { extra: { faults, roles } });
  });

  router.openapi(metricsRoute, async (c) => {
    assertMayScrape(c, services.metricsToken);
    const { text, contentType } = await services.metrics.scrape();
    return c.text(text, 200, { 'content-type': contentType });
  });

  return router;
}

async function overload(admission: Admission): Promise<string[]> {
  try {
    await admission.assertRoomInQueue();
    return [];
  } catch (error) {
    return [
      error instanceof Failure ? (error.message.split(',')[0] ?? error.message) : 'the queue does not answer',
    ];
  }
}

/** Figures tell who is here and how much work there is: not for everybody. @throws Failure `unauthorized` */
function assertMayScrape(c: Context<AppEnv>, token: string | undefined): void {
  const client = c.get('client');
  const isOurs = client === undefined || (client.isDirect && isLoopback(client.address));
  if (token === undefined ? isOurs : isToken(c.req.raw, token)) return;
  throw new Failure(
    'unauthorized',
    token === undefined
      ? 'The figures are for this machine only. Set DARKROOM_METRICS_TOKEN, and send it as a bearer token.'
      : 'Send DARKROOM_METRICS_TOKEN as a bearer token.',
  );
}

function isToken(request: Request, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const [, given = ''] = /^Bearer +(.*?) *$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  return timingSafeEqual(digest(given), digest(token));
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
