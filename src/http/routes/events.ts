import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { isFailure } from '../../failures.ts';
import { reachOf } from '../../identity/permissions.ts';
import type { Admission } from '../admission.ts';
import { eventStream } from '../event-stream.ts';
import { newRouter, type Router, refusals, secured } from '../router.ts';
import { LiveEvent } from '../schemas.ts';
import type { AppEnv, Services } from '../services.ts';

/** Well under the idle time of servers and proxies. */
const HEARTBEAT_MS = 15_000;

const followRoute = createRoute({
  method: 'get',
  path: '/v1/events',
  summary: 'Follow what happens to your images',
  description:
    'Server-sent events. Last-Event-ID goes on after an event, as far back as events are kept. Where that event is not ' +
    'kept any more, or never was one of yours, the stream begins with an event of the type `reset`, without an id, whose ' +
    'data is {last_event_id, message}: read the images again. Every event that is kept follows. Without Last-Event-ID ' +
    'the stream begins with what happens from now on.',
  security: secured,
  request: {
    headers: z.object({
      'last-event-id': z
        .string()
        .regex(/^[\x21-\x7e]{0,128}$/, { error: 'must be the id of an event, as it was sent' })
        .optional()
        .describe('the last event that was seen; EventSource sends it by itself'),
    }),
  },
  responses: {
    200: {
      description: 'Events, each with its id, its type and the document below as data',
      content: { 'text/event-stream': { schema: LiveEvent } },
    },
    ...refusals('invalid_request', 'unauthorized', 'overloaded'),
  },
});

export function eventRoutes(services: Services, admission: Admission): Router {
  const router = newRouter();

  router.openapi(followRoute, async (c) => {
    const lastEventId = c.req.valid('header')['last-event-id'];
    const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
    if (c.req.method === 'HEAD') return new Response(null, { headers });
    const { closing } = c.env ?? {};
    const leave = admission.enter('eventStreams');
    const stream = await eventStream(services, {
      tenantId: c.get('principal').tenantId,
      ...(lastEventId && { lastEventId }),
      heartbeatMs: HEARTBEAT_MS,
      mayGoOn: stillMayFollow(services, c),
      signal: closing ? AbortSignal.any([c.req.raw.signal, closing]) : c.req.raw.signal,
      onEnd: leave,
    }).catch((error: unknown) => {
      leave();
      throw error;
    });
    return new Response(stream, { headers });
  });

  return router;
}

/** A key may be revoked, a token may end and a role may change while somebody follows for hours. */
function stillMayFollow({ authenticate }: Pick<Services, 'authenticate'>, c: Context<AppEnv>) {
  const { tenantId } = c.get('principal');
  const headers = { authorization: c.req.header('authorization') ?? '' };
  const request = new Request(c.req.url, { headers });
  return async (): Promise<boolean> => {
    try {
      const principal = await authenticate(request);
      return principal.tenantId === tenantId && reachOf(principal, 'events:read') !== undefined;
    } catch (error) {
      if (isFailure(error, 'unauthorized')) return false;
      throw error;
    }
  };
}
