import type { Socket } from 'node:net';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import { isImageId } from '../images/keys.ts';
import type { AppEnv, Services } from './services.ts';

/**
 * One line and one count for each request, when its answer has been sent to its end or broke off.
 *
 * The line names the route and the image, never the URL: that may hold signatures, file names and tags, which must
 * not outlive the image in a log.
 */
export function withAccessLog({ log, metrics }: Pick<Services, 'log' | 'metrics'>) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const began = performance.now();
    const traffic = trafficOf(c);
    metrics.requestBegan();
    const finish = (isComplete: boolean) => {
      const { bytesIn, bytesOut } = traffic();
      const ms = Math.round((performance.now() - began) * 10) / 10;
      const request = { method: c.req.method, route: routeOf(c), status: c.res.status, ms };
      metrics.requestEnded({ ...request, bytesIn, bytesOut });
      log[levelOf(c.res.status)](
        {
          request_id: c.get('requestId'),
          ...request,
          ...imageIn(c),
          bytes_in: bytesIn,
          bytes_out: bytesOut,
          ...(isComplete ? {} : { broken_off: true }),
        },
        'request',
      );
    };
    await next();
    const outgoing = c.env?.outgoing;
    if (!outgoing) finish(true);
    else if (outgoing.closed) finish(false);
    else outgoing.once('close', () => finish(outgoing.writableFinished));
  });
}

/** The pattern of the route that answered. */
export function routeOf(c: Context<AppEnv>): string {
  const route = matchedRoutes(c).at(-1);
  return route === undefined || route.path.endsWith('*') ? 'none' : route.path;
}

function imageIn(c: Context<AppEnv>): { image_id?: string } {
  const id = c.req.param('image_id');
  return id !== undefined && isImageId(id) ? { image_id: id } : {};
}

function levelOf(status: number): 'info' | 'warn' {
  return status >= 500 ? 'warn' : 'info';
}

/** Totals of a socket at the end of its latest request: it may serve many, one after the other. */
const totals = new WeakMap<Socket, { read: number; written: number }>();

/** What has gone over the request's socket for it, in both directions. */
function trafficOf(c: Context<AppEnv>): () => { bytesIn: number; bytesOut: number } {
  const socket = c.env?.incoming?.socket;
  if (!socket) return () => ({ bytesIn: 0, bytesOut: Number(c.res.headers.get('content-length') ?? 0) });
  return () => {
    const before = totals.get(socket) ?? { read: 0, written: 0 };
    const now = { read: socket.bytesRead, written: socket.bytesWritten };
    totals.set(socket, now);
    return { bytesIn: now.read - before.read, bytesOut: now.written - before.written };
  };
}
